import { z } from 'zod';
import { formatDuration, MINUTE, parseDuration } from '../../core/time/duration.ts';
import { parseShare } from './share.ts';

// Every `error` here and in the schemas made of these completes the sentence "… is so-and-so; expected …".

const NAME = 'a name of 1 to 128 characters of A-Z a-z 0-9 . _ : -';
const PATH_NAME = 'a name of 1 to 128 characters of A-Z a-z 0-9 . _ : / -';
const DURATION = 'a duration such as 10m, 1h30m or 7d';
const HTTP_URL = 'an http or https URL';
const TEXT = 'a text of up to 1000 characters without control characters';
const SHARE = 'a share such as 25% or 0.25';
const TIME_ZONE = 'an IANA time zone such as Europe/Berlin';
const DURATION_PATTERN = /^(\d{1,9}(ms|[smhdw]))+$/;

/** Marks the schema of a field that holds a secret: only there references such as `${NAME}` are filled in. */
export const SECRET = { writeOnly: true } as const;

export const name = z.string({ error: NAME }).regex(/^[A-Za-z0-9._:-]{1,128}$/, { error: NAME });
export const pathName = z
  .string({ error: PATH_NAME })
  .regex(/^[A-Za-z0-9._:/-]{1,128}$/, { error: PATH_NAME });

export const duration = z
  .string({ error: DURATION })
  .regex(DURATION_PATTERN, { error: DURATION })
  .refine((text) => parseDuration(text) !== null, { error: DURATION });

/** A duration from one length to another, in whole minutes because that is how finely outcomes are counted. */
export function minutesBetween(least: number, most: number) {
  const error = `a duration of whole minutes from ${formatDuration(least)} to ${formatDuration(most)}`;
  return z
    .string({ error })
    .regex(DURATION_PATTERN, { error })
    .refine(
      (text) => {
        const length = parseDuration(text);
        return length !== null && length >= least && length <= most && length % MINUTE === 0;
      },
      { error },
    );
}

export const httpUrl = z
  .string({ error: HTTP_URL })
  .max(2000, { error: HTTP_URL })
  .refine((text) => /^https?:\/\/[^\s/?#][^\s]*$/i.test(text) && URL.canParse(text), { error: HTTP_URL });

export const text = z
  .string({ error: TEXT })
  .max(1000, { error: TEXT })
  // eslint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/, { error: TEXT });

/** A share from 0 (or above it, `aboveZero`) to 100%. */
export function share({ aboveZero }: { readonly aboveZero: boolean }) {
  const error = aboveZero ? `${SHARE}, above 0 and at most 100%` : `${SHARE}, at most 100%`;
  const written = z.string({ error }).regex(/^\d{1,3}(\.\d{1,9})?\s*%?$/, { error });
  return z.union([written, z.number({ error }).min(0, { error }).max(1, { error })], { error }).refine(
    (value) => {
      const parsed = parseShare(String(value));
      return parsed !== null && (!aboveZero || parsed.numerator > 0);
    },
    { error },
  );
}

/** The reader checks that there is such a zone; it can suggest the nearest. */
export const timeZone = z
  .string({ error: TIME_ZONE })
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/, { error: TIME_ZONE });

export const severity = z.enum(['page', 'ticket'], { error: 'page or ticket' });

export const listOf = <Item extends z.ZodType>(item: Item, what: string, max: number) => {
  const error = `a list of ${what}, at most ${max}`;
  return z.array(item, { error }).max(max, { error });
};

export const mapOf = <Key extends z.ZodString, Value extends z.ZodType>(
  key: Key,
  value: Value,
  what: string,
) => z.record(key, value, { error: `a map of ${what} by name` });

/** A map of these keys and no others. */
export function mapWith<Shape extends z.ZodRawShape>(shape: Shape, error = 'a map') {
  const keys = `one of ${Object.keys(shape).join(', ')}`;
  return z.strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? keys : error) });
}

/** What a map of which exactly one of some keys must be there says to editors and to `refine`. */
export function exactlyOne(keys: readonly string[]) {
  return {
    holds: (value: object) => keys.filter((key) => Object.hasOwn(value, key)).length === 1,
    meta: { oneOf: keys.map((key) => ({ required: [key] })) },
    error: `exactly one of ${keys.slice(0, -1).join(', ')} and ${keys.at(-1)}`,
  };
}
