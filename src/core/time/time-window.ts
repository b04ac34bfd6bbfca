/** A period the objective holds over. */
export type TimeWindow = RollingWindow | CalendarWindow;

export interface RollingWindow {
  readonly kind: 'rolling';
  /** Milliseconds. */
  readonly duration: number;
  /** As it was written: `28d`. */
  readonly text: string;
}

/** The running week (from Monday), month or quarter of a time zone, from its beginning until now. */
export interface CalendarWindow {
  readonly kind: 'calendar';
  readonly unit: 'week' | 'month' | 'quarter';
  /** IANA name, such as Europe/Berlin. */
  readonly timeZone: string;
  /** Nominal length in milliseconds: 7, 30 or 90 days. What alert windows are scaled by. */
  readonly duration: number;
  /** `month (Europe/Berlin)`. */
  readonly text: string;
}
