import { describe, expect, it } from 'vitest';
import { standingValue, valueBreakdown } from '../../../src/core/alerting/value-breakdown.ts';

const EU = { value: 'eu', good: 9, bad: 91 };
const US = { value: 'us', good: 391, bad: 9 };

describe('a breakdown by values', () => {
  it('has the share of failures and outcomes of each, most failures first, and what is left as other', () => {
    const rows = valueBreakdown({ good: 500, bad: 100 }, [US, EU, { value: 'quiet', good: 0, bad: 0 }]);
    expect(rows).toEqual([
      { ...EU, failures: 0.91, outcomes: 100 / 600, standsOut: true },
      { ...US, failures: 0.09, outcomes: 400 / 600, standsOut: false },
      { value: null, good: 100, bad: 0, failures: 0, outcomes: 100 / 600, standsOut: false },
    ]);
  });

  it('never says that what is not told apart stands out, nor holds less than nothing', () => {
    const [other] = valueBreakdown({ good: 100, bad: 100 }, []);
    expect(other).toMatchObject({ value: null, failures: 1, outcomes: 1, standsOut: false });
    // Values were read a moment after all of it.
    expect(valueBreakdown({ good: 5, bad: 5 }, [{ value: 'eu', good: 6, bad: 7 }])).toEqual([
      { value: 'eu', good: 6, bad: 7, failures: 1, outcomes: 1, standsOut: false },
    ]);
    expect(valueBreakdown({ good: 0, bad: 0 }, [])).toEqual([]);
    expect(valueBreakdown({ good: 4, bad: 0 }, [])).toMatchObject([{ failures: null, outcomes: 1 }]);
  });
});

describe('D4: the value that stands out', () => {
  const region = { attribute: 'region', all: { good: 400, bad: 100 }, values: [EU, US] };

  it('is the one that far more of the failures have than of all outcomes', () => {
    expect(standingValue([region])).toEqual({
      attribute: 'region',
      value: 'eu',
      failures: 0.91,
      outcomes: 0.2,
    });
  });

  it('is none where all values fail alike, or there is but one', () => {
    const alike = [
      { value: 'eu', good: 200, bad: 52 },
      { value: 'us', good: 200, bad: 48 },
    ];
    expect(standingValue([{ ...region, values: alike }])).toBeNull();
    expect(standingValue([{ ...region, values: [{ value: 'eu', good: 400, bad: 100 }] }])).toBeNull();
    expect(standingValue([])).toBeNull();
  });

  it('is of the attribute that says most', () => {
    const tenant = { ...region, attribute: 'tenant', values: [{ value: 'acme', good: 0, bad: 95 }] };
    expect(standingValue([region, tenant])).toMatchObject({ attribute: 'tenant', value: 'acme' });
  });
});
