import { z } from 'zod';
import { DAY, parseDuration } from '../../core/time/duration.ts';
import { mapWith, timeZone } from './field-schemas.ts';

const ROLLING = 'a rolling window from 1d to 90d, such as 28d';
const WINDOW = `${ROLLING}, or a map such as { calendar: month, timeZone: Europe/Berlin }`;
const SHORTEST_WINDOW = DAY;
const LONGEST_WINDOW = 90 * DAY;

const rolling = z
  .string({ error: WINDOW })
  .regex(/^(\d{1,9}(ms|[smhdw]))+$/, { error: WINDOW })
  .refine(
    (text) => {
      const duration = parseDuration(text);
      return duration !== null && duration >= SHORTEST_WINDOW && duration <= LONGEST_WINDOW;
    },
    { error: ROLLING },
  );

const calendar = mapWith(
  {
    calendar: z
      .enum(['week', 'month', 'quarter'], { error: 'week, month or quarter' })
      .describe('The running week (from Monday), month or quarter, from its beginning until now.'),
    timeZone: timeZone.optional().describe('The IANA time zone in which it begins; default: UTC.'),
  },
  WINDOW,
);

const WINDOWS = `${WINDOW}, or a list of 1 to 5 of these`;

/** The window of an SLO, or several: alerts are about the first one. */
export const windowSchema = z.union(
  [
    rolling,
    calendar,
    z
      .array(z.union([rolling, calendar], { error: WINDOW }), { error: WINDOWS })
      .min(1, { error: WINDOWS })
      .max(5, { error: WINDOWS }),
  ],
  { error: WINDOW },
);

export type NativeWindow = z.infer<typeof rolling> | z.infer<typeof calendar>;
