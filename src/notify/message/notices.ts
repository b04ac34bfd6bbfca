import { latestFacts } from '../../core/alerting/notification.ts';
import type { NotificationFacts } from '../../core/alerting/notification.ts';
import type { Notification } from '../../core/ports/target.ts';
import { formatCount, formatPercent, formatSpan, formatWholeShare } from '../../core/words/figures.ts';
import type { Phrase } from './phrase.ts';
import { timesOf } from './times.ts';
import { plainName } from './wording.ts';

/** What has to be known of a message before it is read: why it comes here, only now or again, and of what its figures are. */
export function noticesOf(notification: Notification): Phrase[] {
  const all = notification.facts;
  const facts = latestFacts(all);
  return [
    ...insteadOf(facts),
    ...folded(facts),
    ...silenced(all),
    ...flapping(all),
    ...postmortem(facts),
    ...partlyRead(facts),
    ...mayRepeat(notification),
  ];
}

function insteadOf({ insteadOf: refused }: NotificationFacts): Phrase[] {
  if (!refused) return [];
  const [target, reason] = [plainName(refused.target, 80), plainName(refused.reason, 200)];
  return [['Sent here because ', { name: target }, ' refused it: ', { name: reason }]];
}

/** Why this wakes no one. */
function folded({ folded: into }: NotificationFacts): Phrase[] {
  if (!into) return [];
  return [
    [
      'Folded into the incident of ',
      { name: plainName(into.slo, 120) },
      ', because ',
      { name: plainName(into.because, 200) },
      ': it pages on its own only when that no longer explains it.',
    ],
  ];
}

/** Why this comes only now. */
function silenced(all: readonly NotificationFacts[]): Phrase[] {
  const facts = all.findLast((one) => one.silenced);
  if (!facts?.silenced) return [];
  const { reason, since, by, because } = facts.silenced;
  const period = ` ${timesOf(facts).period(since, facts.at)}`;
  const why = { name: plainName(because, 200) };
  switch (reason) {
    case 'dependency':
      return [
        [
          'Was folded into the incident of ',
          { name: plainName(by, 120) },
          `${period}, because `,
          why,
          '. That no longer explains it.',
        ],
      ];
    case 'flapping':
      return [[`Held back${period}: `, why]];
    default:
      return [['Silenced by ', { name: plainName(by, 60) }, `${period}: `, why]];
  }
}

/** Why there is no word of what comes and goes next, and how much there was none of. */
function flapping(all: readonly NotificationFacts[]): Phrase[] {
  const facts = latestFacts(all);
  const last = all.findLast((one) => one.flapping?.last)?.flapping?.last;
  const held = all.flatMap((one) => one.flapping?.heldBack ?? []);
  const count = held.reduce((sum, one) => sum + one.count, 0);
  const pages = `${formatCount(count)} ${count === 1 ? 'page was' : 'pages were'}`;
  return [
    ...(held.length > 0
      ? [[`It comes and goes: ${pages} held back since ${timesOf(facts).at(held[0]!.since)}.`]]
      : []),
    ...(last
      ? [
          [
            `It paged ${formatCount(last.pages)} times within ${formatSpan(last.within)}: the next page is sent only when it lasts ${formatSpan(last.lasts)}.`,
          ],
        ]
      : []),
  ];
}

function mayRepeat({ mayRepeat: repeat }: Notification): Phrase[] {
  return repeat ? [['This may be a repeat: an earlier try was cut off before its answer came.']] : [];
}

/** What people see must not be taken for all there is. */
function partlyRead({ readShare }: NotificationFacts): Phrase[] {
  if (readShare === undefined) return [];
  const share = formatPercent(readShare);
  return [
    [
      `A shard of the store is away: judged by the ${share} of executions that can be read, and all figures are of those.`,
    ],
  ];
}

function postmortem({ postmortem: required }: NotificationFacts): Phrase[] {
  if (!required) return [];
  const { policy, spent, above } = required;
  return [
    [
      `Postmortem required: it spent ${formatWholeShare(spent)} of the budget (policy `,
      { name: plainName(policy, 80) },
      `: over ${formatPercent(above, 6)}).`,
    ],
  ];
}
