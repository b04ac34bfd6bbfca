import { readFileSync } from 'node:fs';
import { PRODUCER_SETTINGS, SETTINGS, flagOf } from '../settings.ts';
import type { SettingName } from '../settings.ts';

/** All problems of a configuration at once, one a line, without any secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;
export type Flags = Readonly<Partial<Record<SettingName, string>>>;

// In a namespace with a Service called burnwatch, Kubernetes sets BURNWATCH_PORT=tcp://10.0.0.1:8080 and more
// such variables in every pod; none of them is meant for us.
const KUBERNETES_LINK = /^(tcp|udp|sctp):\/\//;
const KUBERNETES_NAME = /^BURNWATCH_(\w+_)?(SERVICE_(HOST|PORT)|PORT_\d+)/;

/** Reads settings, and notes as problems what they may not be. */
export interface SettingReader {
  /** The value, or '' for a setting that is not set and has no default. */
  text(name: SettingName): string;
  number(name: SettingName, least: number, most: number): number | null;
  url(name: SettingName, protocols: readonly string[]): string | null;
  /** Whether a setting of a few legal words has the asked-for one. */
  choice(name: SettingName, legal: readonly string[], wanted: string): boolean;
  /** Where the value came from, as the user knows it. */
  origin(name: SettingName): string;
  problem(name: SettingName, expected: string): void;
}

export function settingReader(env: Environment, flags: Flags, problems: string[]): SettingReader {
  const settingOf = (name: SettingName) => SETTINGS.find((setting) => setting.name === name)!;
  const origin = (name: SettingName) => (flags[name] === undefined ? `BURNWATCH_${name}` : flagOf(name));
  const text = (name: SettingName) => {
    const variable = env[`BURNWATCH_${name}`];
    // An empty variable is how compose files and shells say "not set".
    const set = variable && !KUBERNETES_LINK.test(variable) ? variable : settingOf(name).fallback;
    return (flags[name] || set) ?? '';
  };
  const problem = (name: SettingName, expected: string) => {
    const value = 'secret' in settingOf(name) ? 'not usable' : JSON.stringify(text(name));
    problems.push(`${origin(name)} is ${value}; expected ${expected}.`);
  };
  return {
    text,
    origin,
    problem,
    number(name, least, most) {
      const value = text(name);
      if (value === '') return null;
      const number = Number(value);
      if (/^\d{1,9}$/.test(value) && number >= least && number <= most) return number;
      problem(name, `a whole number from ${least} to ${most}`);
      return least;
    },
    url(name, protocols) {
      const value = text(name);
      if (value === '') return null;
      const parsed = URL.canParse(value) ? new URL(value) : null;
      if (parsed && protocols.includes(parsed.protocol)) return value;
      problem(
        name,
        `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
      );
      return null;
    },
    choice(name, legal, wanted) {
      if (!legal.includes(text(name))) problem(name, legal.join(' or '));
      return text(name) === wanted;
    },
  };
}

export function unknownVariables(env: Environment): string[] {
  const known = new Set<string>([...SETTINGS, ...PRODUCER_SETTINGS].map(({ name }) => `BURNWATCH_${name}`));
  return Object.keys(env).filter(
    (name) => name.startsWith('BURNWATCH_') && !known.has(name) && !KUBERNETES_NAME.test(name),
  );
}

/** The text of a PEM file; null when none is set, or it cannot be used, which is a problem. */
export function readPem(
  reader: SettingReader,
  name: 'SMTP_CA' | `${'REDIS' | 'KAFKA'}_${'CA' | 'CERT' | 'KEY'}`,
): string | null {
  const file = reader.text(name);
  if (file === '') return null;
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
    reader.problem(name, 'a file in PEM format');
  } catch (error) {
    reader.problem(
      name,
      `a file that can be read (${(error as NodeJS.ErrnoException).code ?? 'unreadable'})`,
    );
  }
  return null;
}
