/** Where time comes from. Everything below the edges takes `now` as a number or asks one of these. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}
