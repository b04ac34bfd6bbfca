import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const CSS = readFileSync(
  new URL('../../../src/http/dashboard/browser/dashboard.css', import.meta.url),
  'utf8',
);

type Rgb = readonly [number, number, number];
type Matrix = readonly [Rgb, Rgb, Rgb];

/** How people see who lack one kind of cone, in linear RGB (Machado, Oliveira and Fernandes 2009, severity 1). */
const SIGHTS: Readonly<Record<string, Matrix>> = {
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
};
const XYZ: Matrix = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
];
const WHITE: Rgb = [0.95047, 1, 1.08883];

function times(matrix: Matrix, [x, y, z]: Rgb): Rgb {
  return matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Rgb;
}

function linear(hex: string): Rgb {
  return [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
}

/** CIE 1976 L*a*b*. */
function lab(rgb: Rgb): Rgb {
  const clipped = rgb.map((part) => Math.min(1, Math.max(0, part))) as unknown as Rgb;
  const [x, y, z] = times(XYZ, clipped).map((part, index) => {
    const share = part / WHITE[index]!;
    return share > 0.008856 ? Math.cbrt(share) : 7.787 * share + 16 / 116;
  }) as unknown as Rgb;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** How different two colours look to someone; 2 is about the least that anyone notices. */
function difference(one: string, other: string, sight: Matrix): number {
  const [a, b] = [one, other].map((hex) => lab(times(sight, linear(hex)))) as [Rgb, Rgb];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function colorOf(name: string, theme: 'light' | 'dark'): string {
  const [, light, dark] = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(CSS)!;
  return theme === 'light' ? light! : dark!;
}

describe('the colours of states', () => {
  const cases = Object.keys(SIGHTS).flatMap((sight) =>
    (['light', 'dark'] as const).flatMap((theme) =>
      ['amber', 'red'].map((bad) => [sight, theme, bad] as const),
    ),
  );

  it.each(cases)('to %s in the %s theme, what is well differs from what is %s', (sight, theme, bad) => {
    expect(difference(colorOf('good', theme), colorOf(bad, theme), SIGHTS[sight]!)).toBeGreaterThan(40);
  });

  it('would not if it were green: the measure finds what it is for', () => {
    expect(difference('#15803d', '#b45309', SIGHTS['deuteranopia']!)).toBeLessThan(40);
  });
});
