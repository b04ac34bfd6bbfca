import type { Counts } from '../../core/counters/cells.ts';
import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { formatCount, formatPercent, formatShare, formatWholeShare } from '../../core/words/figures.ts';
import type { Field, Phrase } from './phrase.ts';
import { plainName } from './wording.ts';

/** The dependency that most likely makes it fail, with what speaks for that; nothing when none stands out. */
export function likelyCauseField({ likelyCause }: NotificationFacts): Field[] {
  if (!likelyCause) return [];
  const { dependency, failures, usual, sla, lastHour, today } = likelyCause;
  const name = { name: plainName(dependency, 128) };
  const others = usual === null ? '' : ` (${formatWholeShare(usual)} of all outcomes do)`;
  const rates = [rateOf(lastHour, 'in the last hour'), rateOf(today, 'today')].filter(
    (rate) => rate !== null,
  );
  const standing = rates.length === 0 ? '' : `at ${rates.join(' and ')}, `;
  return [
    {
      label: 'Likely cause',
      value: [
        `${formatWholeShare(failures)} of the failures call `,
        name,
        `${others}; `,
        name,
        ` is ${standing}promised ${formatPercent(sla, 9)}`,
      ],
    },
  ];
}

/** The value that far more of the failures have than of all outcomes; nothing when none stands out. */
export function standingValueField({ standsOut }: NotificationFacts): Field[] {
  if (!standsOut) return [];
  const { attribute, value, failures, outcomes } = standsOut;
  return [
    {
      label: 'Stands out',
      value: [
        `${formatWholeShare(failures)} of the failures are `,
        { name: plainName(`${attribute}=${value}`, 128) },
        `, which has ${formatWholeShare(outcomes)} of the outcomes`,
      ],
    },
  ];
}

/** Values that are named; further ones are in the dashboard. */
const VALUES_NAMED = 3;

/** Which values of an attribute burn, where each has an SLO of its own; nothing when none does. */
export function burningField({ burning }: NotificationFacts): Field[] {
  if (!burning || burning.values.length === 0) return [];
  const { attribute, values, of } = burning;
  // Each is a name of its own: what makes one harmless in some markup looks at where it begins.
  const named = values
    .slice(0, VALUES_NAMED)
    .flatMap((value, index): Phrase => [...(index > 0 ? [', '] : []), { name: plainName(value, 40) }]);
  const more = values.length - VALUES_NAMED;
  return [
    {
      label: 'Burning',
      value: [
        `${formatCount(values.length)} of ${formatCount(of)} values of `,
        { name: plainName(attribute, 40) },
        ': ',
        ...named,
        ...(more > 0 ? [` and ${formatCount(more)} more`] : []),
      ],
    },
  ];
}

function rateOf({ good, bad }: Counts, when: string): string | null {
  const total = good + bad;
  return total > 0 ? `${formatShare(good / total)} ${when}` : null;
}
