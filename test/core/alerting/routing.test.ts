import { describe, expect, it } from 'vitest';
import { targetsFor } from '../../../src/core/alerting/routing.ts';
import type { Team } from '../../../src/core/slo/slo.ts';
import { defineSlo } from '../../support/definitions.ts';

const TEAM: Team = { name: 'payments', page: [], ticket: [], fallback: [], timeZone: null };

function targets(team: Partial<Team>, route: { page?: string[]; ticket?: string[] } = {}) {
  const teams = new Map([['payments', { ...TEAM, ...team }]]);
  const slo = defineSlo({ alerts: { route: { page: route.page ?? null, ticket: route.ticket ?? null } } });
  return { page: targetsFor({ teams }, slo, 'page'), ticket: targetsFor({ teams }, slo, 'ticket') };
}

describe('the targets of a severity', () => {
  it.each([
    ['both', { page: ['pager'], ticket: ['board'] }, {}, ['pager'], ['board']],
    ['only page targets: its tickets reach those', { page: ['pager'] }, {}, ['pager'], ['pager']],
    ['only ticket targets: its pages reach those', { ticket: ['board'] }, {}, ['board'], ['board']],
    ['none', {}, {}, [], []],
    ['page targets of the policy', { ticket: ['board'] }, { page: ['lead'] }, ['lead'], ['board']],
    ['none, and a policy that routes pages', {}, { page: ['lead'] }, ['lead'], ['lead']],
    ['an empty route of the policy, which is meant', { page: ['pager'] }, { ticket: [] }, ['pager'], []],
  ])('of a team with %s', (_what, team, route, page, ticket) => {
    expect(targets(team, route)).toEqual({ page, ticket });
  });
});
