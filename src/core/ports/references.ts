/** What SLO files may refer to. */
export interface References {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names of variables they may name, with `*` for any characters. The settings of Burnwatch itself never match. */
  readonly variables: readonly string[];
  /** The folder of the files they may name; null for none. */
  readonly secretsDir: string | null;
}
