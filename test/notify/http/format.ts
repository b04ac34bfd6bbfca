/** What a request breaks of a published format, in words. */
export class Format {
  readonly broken: string[] = [];

  /** Says that something must hold. */
  must(what: string, holds: boolean): void {
    if (!holds) this.broken.push(what);
  }

  /** A text of a length in UTF-16 units. */
  text(what: string, value: unknown, most: number, least = 1): string {
    const isText = typeof value === 'string';
    this.must(
      `${what}: a text of ${least} to ${most}`,
      isText && value.length >= least && value.length <= most,
    );
    return isText ? value : '';
  }

  oneOf(what: string, value: unknown, values: readonly unknown[]): void {
    this.must(`${what}: ${String(value)}`, values.includes(value));
  }

  /** A map of these keys only, of which the first are needed. */
  map(what: string, value: unknown, needed: string, optional = ''): Readonly<Record<string, unknown>> {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.must(`${what}: a map`, isMap);
    const map = isMap ? (value as Record<string, unknown>) : {};
    const words = (text: string) => text.split(' ').filter((word) => word !== '');
    for (const key of words(needed)) this.must(`${what}.${key} is missing`, key in map);
    const known = new Set([...words(needed), ...words(optional)]);
    for (const key of Object.keys(map)) this.must(`${what}.${key} is unknown`, known.has(key));
    return map;
  }

  list(what: string, value: unknown, most: number, least = 0): readonly unknown[] {
    const isList = Array.isArray(value);
    this.must(
      `${what}: a list of ${least} to ${most}`,
      isList && value.length >= least && value.length <= most,
    );
    return isList ? (value as unknown[]) : [];
  }

  time(what: string, value: unknown): void {
    const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value);
    this.must(`${what}: a time`, isTime || (typeof value === 'string' && /^[+-]\d{6}-/.test(value)));
  }

  link(what: string, value: unknown): void {
    this.must(`${what}: a link`, typeof value === 'string' && /^https?:\/\/[^\s]+$/.test(value));
  }
}
