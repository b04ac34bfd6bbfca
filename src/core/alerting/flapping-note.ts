/** Pages of an SLO that came and went and of which no one heard: how many, and since when. */
export interface HeldBack {
  readonly count: number;
  readonly since: number;
}

/** What is said of an SLO that comes and goes. */
export interface FlappingNote {
  /** Set on the last page that is sent at once: how many there were within how long, and how long the next one has to last. */
  readonly last?: { readonly pages: number; readonly within: number; readonly lasts: number };
  /** What was held back since something was told last. */
  readonly heldBack?: HeldBack;
}
