/** What a class of errors may look like. Anything else may be a message, and messages hold personal data. */
const CLASS = /^[A-Za-z_$][\w$.:-]{0,63}$/;
/** Names that say nothing by themselves. */
const GENERIC: ReadonlySet<string> = new Set(['Error', 'TypeError']);
/** Errors wrapped in errors are followed this deep. */
const MAX_CAUSES = 5;

/**
 * The class of what was thrown: the `code` of the error (`ECONNREFUSED`), else its name (`TimeoutError`); of a plain `Error` that
 * wraps another one, the class of that. Never its message. What is not an error is `unknown`. Does not throw.
 */
export function errorClass(thrown: unknown): string {
  try {
    return classOf(thrown, MAX_CAUSES) ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

function classOf(thrown: unknown, causes: number): string | null {
  if (typeof thrown !== 'object' || thrown === null) return null;
  const { code, name, cause, constructor } = thrown as Readonly<Record<string, unknown>>;
  if (isClass(code)) return code;
  const named = isClass(name) ? name : null;
  if (named !== null && !GENERIC.has(named)) return named;
  if (named === 'Error' && typeof constructor === 'function' && isClass(constructor.name)) {
    // A subclass that did not set its name.
    if (constructor.name !== 'Error' && constructor.name !== 'Object') return constructor.name;
  }
  return (causes > 0 ? classOf(cause, causes - 1) : null) ?? named;
}

function isClass(value: unknown): value is string {
  return typeof value === 'string' && CLASS.test(value);
}
