/** What was asked and cannot be done, as sentences that say what would be right. */
export interface Refused {
  readonly refused: 'invalid' | 'unknown' | 'over' | 'too-many';
  readonly problems: readonly string[];
}

export function isRefused(answer: object): answer is Refused {
  return 'refused' in answer;
}
