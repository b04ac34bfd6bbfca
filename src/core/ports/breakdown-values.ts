/** The values of attributes that are told apart, as this process knows them. */
export interface BreakdownValues {
  /** Another number after the values of an attribute, or whether there are more, changed. */
  version(): number;
  /** The attributes that the outcomes of a workflow are broken down by. */
  attributesOf(workflow: string): readonly string[];
  /** The values of one that have counters of their own, in the order in which they came. */
  valuesOf(workflow: string, attribute: string): readonly string[];
  /** Whether a further value came that is not told apart from others. */
  isFull(workflow: string, attribute: string): boolean;
  /** Learns what other replicas told apart; asks the store once in a few seconds at most, and never rejects. */
  refresh(): Promise<void>;
}
