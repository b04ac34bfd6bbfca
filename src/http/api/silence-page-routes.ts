import type { Refused } from '../../core/ports/refused.ts';
import { isRefused } from '../../core/ports/refused.ts';
import type { SilencePreview } from '../../core/ports/silences.ts';
import { maySome } from '../../core/ports/token.ts';
import type { Reply } from '../answers/respond.ts';
import { STATUSES, done, nameOf } from './incident-page-routes.ts';
import { viewerOf } from './page-routes.ts';
import type { Parameters } from './parameters.ts';
import type { ListPlace } from '../../core/ports/list-page.ts';
import { readPlace } from '../../core/ports/list-page.ts';
import { SILENCE_PLACE } from '../../core/ports/silences.ts';
import { parseLabels } from '../../core/slo/labels.ts';
import { AFTER } from './list-query.ts';
import { DURATION, TEXT, TIMESTAMP } from './parameters.ts';
import type { Call, ContentRoute, Services } from './route-table.ts';
import { SILENCE } from './silence-routes.ts';

const HTML = { kind: 'html', type: 'text/html; charset=utf-8' } as const;
const ROWS = 50;

const { workflow, slo, owner, severity, timeZone, rrule } = SILENCE;
const FORM = {
  do: { schema: { enum: ['preview', 'create'] }, description: '`preview` makes none', required: true },
  workflow,
  slo,
  owner,
  severity,
  label: { schema: TEXT, description: 'a label with a glob, such as `tier=gold`, or several with commas' },
  for: { schema: DURATION, description: 'how long it lasts', required: true },
  from: { schema: TIMESTAMP, description: 'when it begins, or the start of its rule; now if absent' },
  rrule,
  timeZone,
  until: { schema: TIMESTAMP, description: 'when one that recurs may start last' },
  reason: { schema: TEXT, description: 'why', required: true },
  by: { schema: TEXT, description: 'who does this', required: true },
} satisfies Parameters;
const FIELDS = Object.keys(FORM) as readonly (keyof typeof FORM)[];

/** The page of silences, and what its forms do. */
export const SILENCE_PAGE_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/silences',
    scope: 'read',
    summary: 'the page of silences',
    query: { parameters: { after: AFTER }, others: 'ignored' },
    answer: { ...HTML, statuses: [200, 503] },
    // A link must not break.
    handler: (services, call) =>
      show(services, call, { after: readPlace(call.query('after') ?? '', SILENCE_PLACE) ?? null }),
  },
  {
    method: 'POST',
    path: '/silences',
    scope: 'respond',
    summary: 'makes a silence, or shows what it would mute, from their page',
    form: FORM,
    answer: { ...HTML, statuses: [303, 200, 400, 403, 404, 409, 503] },
    async handler(services, call) {
      const request = requestOf(call);
      const filledIn = (field: string) => (isField(field) ? call.field(field) : '');
      if (call.field('do') === 'preview') {
        const preview = await services.operator.previewSilence(request, call.caller);
        return show(
          services,
          call,
          isRefused(preview) ? { refused: preview, filledIn } : { preview, filledIn },
        );
      }
      const made = await services.operator.createSilence(request, call.caller);
      if (isRefused(made)) return show(services, call, { refused: made, filledIn });
      return done(services, call, 'silence.created', made.id, '/silences');
    },
  },
  {
    method: 'POST',
    path: '/silences/{id}/end',
    scope: 'respond',
    summary: 'ends one, from their page',
    form: {},
    answer: { ...HTML, statuses: [303, 400, 403, 404, 409, 503] },
    async handler(services, call) {
      const ended = await services.operator.endSilence(call.param('id'), call.caller);
      if (isRefused(ended)) return show(services, call, { refused: ended });
      return done(services, call, 'silence.ended', ended.id, '/silences');
    },
  },
];

function isField(name: string): name is keyof typeof FORM {
  return FIELDS.some((field) => field === name);
}

/** The request that the form stands for; what is empty is not in it. */
function requestOf({ field }: Pick<Call, 'field'>): object {
  const given = (name: keyof typeof FORM) => field(name).trim() || null;
  const common = {
    workflow: given('workflow'),
    slo: given('slo'),
    owner: given('owner'),
    severity: given('severity'),
    ...(given('label') !== null && { labels: parseLabels(given('label')!) ?? {} }),
    reason: given('reason'),
    by: given('by'),
  };
  if (given('rrule') === null) return { ...common, from: given('from'), for: given('for') };
  const recurring = { rrule: given('rrule'), timeZone: given('timeZone'), until: given('until') };
  return { ...common, ...recurring, start: given('from'), duration: given('for') };
}

function show(
  services: Services,
  call: Call,
  shown: {
    readonly after?: ListPlace | null;
    readonly refused?: Refused;
    readonly preview?: SilencePreview;
    readonly filledIn?: (field: string) => string;
  },
): Promise<Reply<string>> {
  const { caller } = call;
  const { after = null, refused, preview = null, filledIn = () => '' } = shown;
  return services.dashboard.silences(
    () => services.operator.silences({ state: null, after, limit: ROWS }, caller),
    {
      mayRespond: maySome(caller, 'respond'),
      name: nameOf(caller),
      filledIn,
      preview,
      problem: refused ? refused.problems.join(' ') : null,
    },
    { now: services.clock.now(), status: refused ? STATUSES[refused.refused] : 200 },
    viewerOf(services, call),
  );
}
