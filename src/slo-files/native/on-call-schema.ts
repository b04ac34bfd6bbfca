import { z } from 'zod';
import { parseDuration, formatDuration, HOUR, WEEK } from '../../core/time/duration.ts';
import { parseLocalTime } from '../../core/time/local-time.ts';
import { duration, exactlyOne, httpUrl, listOf, mapWith, name, SECRET, timeZone } from './field-schemas.ts';

const LOCAL_TIME = 'a day and a time such as 2026-11-30 09:00';
/** Turns are whole hours, so that hand-overs are at full hours of the clocks, and no longer than this. */
const LONGEST_TURN = 52 * WEEK;
const TURN = `a duration of whole hours from 1h to ${formatDuration(LONGEST_TURN)}, such as 1w or 1d`;
const MAX_PEOPLE = 100;
const MAX_OVERRIDES = 200;

const localTime = z
  .string({ error: LOCAL_TIME })
  .regex(/^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}$/, { error: LOCAL_TIME })
  .refine((text) => parseLocalTime(text) !== null, { error: LOCAL_TIME });

const turn = duration.refine(
  (text) => {
    const length = parseDuration(text);
    return length !== null && length % HOUR === 0 && length <= LONGEST_TURN;
  },
  { error: TURN },
);

/** The targets of one person. */
export const personSchema = listOf(name, 'names of targets', 20).min(1, { error: 'at least one target' });

/** People who take turns to be on call. */
export const rotationSchema = mapWith(
  {
    every: turn.describe('How long one turn is, in whole hours: 1w, 1d, 12h.'),
    starting: localTime.describe('When the first turn begins; hand-overs are at this time of the clocks.'),
    timeZone: timeZone
      .optional()
      .describe('The time zone of the hand-overs; that of the teams that name it if absent.'),
    people: listOf(name, 'names of people', MAX_PEOPLE)
      .min(1, { error: 'at least one name from `people`' })
      .describe('Names from `people`, in the order of their turns.'),
    overrides: listOf(
      mapWith(
        {
          from: localTime.describe('From when on.'),
          until: localTime.describe('Until when.'),
          person: name.describe('Who is on call then: a name from `people`.'),
        },
        'a map of from, until and person',
      ),
      'overrides',
      MAX_OVERRIDES,
    )
      .optional()
      .describe('Stretches of time in which somebody else is on call.'),
  },
  'a map of every, starting, timeZone, people and overrides',
);

const FILE = 'the path of a file beside this one or below, such as oncall.ics';
const onePlace = exactlyOne(['url', 'file']);

/** A calendar whose events say who is on call. */
export const calendarSchema = mapWith(
  {
    url: httpUrl
      .meta(SECRET)
      .optional()
      .describe('Address of an iCalendar file, over https; keep it in the environment.'),
    file: z
      .string({ error: FILE })
      .max(500, { error: FILE })
      // eslint-disable-next-line no-control-regex
      .regex(/^(?![/\\])(?!.*(^|[/\\])\.\.([/\\]|$))[^\u0000-\u001f\u007f]+$/, { error: FILE })
      .optional()
      .describe('Path of an iCalendar file, in the folder of this file or below.'),
    timeZone: timeZone
      .optional()
      .describe('Of whole days and of times without a time zone; that of the teams that name it if absent.'),
    fallback: listOf(name, 'names of targets', 20)
      .min(1, { error: 'at least one target' })
      .optional()
      .describe(
        'Targets that stand in where the calendar names nobody; those of the teams that name it if absent.',
      ),
  },
  'a map of url or file, timeZone and fallback',
).refine(onePlace.holds, { error: onePlace.error });
