/** What was asked and cannot be done, as sentences that say what would be right. */
export interface Refused {
  readonly refused: 'invalid' | 'unknown' | 'forbidden' | 'over' | 'too-many';
  readonly problems: readonly string[];
}

export function isRefused(answer: object): answer is Refused {
  return 'refused' in answer;
}

export function refuse(refused: Refused['refused'], ...problems: readonly string[]): Refused {
  return { refused, problems };
}

/** A name as it was written, in quotes and no longer than a line. */
export function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}
