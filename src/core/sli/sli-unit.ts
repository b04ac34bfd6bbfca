/** What an SLI counts, as a plural: "9,710 of 10,000 executions". `outcomes`: a composite of different ones. */
export type SliUnit =
  | 'executions'
  | 'attempts'
  | 'hand-overs'
  | 'measurements'
  | 'slices'
  | 'minutes'
  | 'ticks'
  | 'outcomes';
