import { expect, it } from 'vitest';
import { targetsOfLoss } from '../../../src/core/alerting/loss-notifications.ts';
import { PAYMENTS, define } from '../../support/definitions.ts';

const team = (name: string, page: string[], ticket: string[]) => ({ ...PAYMENTS, name, page, ticket });
const targetsOf = (...teams: ReturnType<typeof team>[]) => targetsOfLoss(define([], teams), 0);

it('a loss reaches the admins, by page if they have one, else everyone who gets the tickets of a team', () => {
  const shop = team('shop', ['pager'], ['inbox']);
  expect(targetsOf(shop, team('admins', ['admins-pager'], ['admins-mail']))).toEqual(['admins-pager']);
  expect(targetsOf(shop, team('admins', [], ['admins-mail']))).toEqual(['admins-mail']);
  expect(targetsOf(shop, team('admins', [], []))).toEqual(['inbox']);
});

it('a loss reaches a team that has nothing but pages', () => {
  expect(targetsOf(team('shop', ['pager'], []))).toEqual(['pager']);
  expect(targetsOf(team('shop', ['pager'], []), team('search', [], ['inbox', 'pager']))).toEqual([
    'pager',
    'inbox',
  ]);
});
