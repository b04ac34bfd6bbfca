/** Makes bitmaps of charts, for mail and chat, which show no SVG. */
export interface ChartRenderer {
  /**
   * The chart as PNG, `scale` pixels for each of its own, and the same object for the same chart while it is remembered. Rejects
   * with `RendererBusy` when too many others wait, and with an `Error` when it cannot be drawn or takes too long.
   */
  readonly png: (svg: string, scale: number) => Promise<Uint8Array>;
  /** Ends what it runs; whoever still waits is refused. */
  readonly close: () => Promise<void>;
}

/** Too many charts wait to be drawn. */
export class RendererBusy extends Error {}
