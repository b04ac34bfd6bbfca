import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/store/redis/address.ts';

describe('Redis URLs', () => {
  it.each([
    [
      'redis://localhost',
      { kind: 'standalone', tls: false, hosts: [{ host: 'localhost', port: 6379 }], database: 0 },
    ],
    ['rediss://u:p%40ss@db.example:6380/2', { tls: true, username: 'u', password: 'p@ss', database: 2 }],
    [
      'redis://:secret@[::1]:7000',
      { username: null, password: 'secret', hosts: [{ host: '::1', port: 7000 }] },
    ],
    [
      'redis+cluster://a:1,b:2',
      {
        kind: 'cluster',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    ],
    [
      'redis+sentinel://a,b:2/main',
      {
        kind: 'sentinel',
        masterName: 'main',
        hosts: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 2 },
        ],
      },
    ],
  ])('reads %s', (url, expected) => {
    expect(parseAddress(url)).toMatchObject(expected);
  });

  it.each([
    ['http://:s3cret@host', /none of redis:/],
    ['redis://:s3cret@a,b', /names one host/],
    ['redis://:s3cret@host:99999', /"host:99999".*not host:port/],
    ['redis://:s3cret@host/zero', /number of a database/],
    ['redis+cluster://:s3cret@a:1,b:2/1', /no database numbers/],
    ['redis+sentinel://:s3cret@a:1', /name of the master/],
    ['redis://:s3cret%zz@host', /percent-encoded/],
  ])('says what is wrong with %s, without the password', (url, message) => {
    expect(() => parseAddress(url)).toThrow(message);
    expect(() => parseAddress(url)).toThrow(/^(?!.*s3cret)/);
  });
});
