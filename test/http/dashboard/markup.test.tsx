import { describe, expect, it } from 'vitest';
import type { Child } from '../../../src/http/dashboard/markup.ts';
import { h, Raw } from '../../../src/http/dashboard/markup.ts';

const HOSTILE = `</b><script>alert('1')</script>" onload="x&`;
const ESCAPED = '&lt;/b&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot; onload=&quot;x&amp;';

function Named({ name, children }: { readonly name: string; readonly children?: Child }) {
  return (
    <i title={name}>
      {name}: {children}
    </i>
  );
}

describe('templates', () => {
  it('escape every text: between tags, in attributes, in lists and through components', () => {
    expect((<b>{HOSTILE}</b>).text).toBe(`<b>${ESCAPED}</b>`);
    expect((<b title={HOSTILE} />).text).toBe(`<b title="${ESCAPED}"></b>`);
    expect((<>{[HOSTILE, [HOSTILE]]}</>).text).toBe(ESCAPED + ESCAPED);
    expect((<Named name={HOSTILE}>{HOSTILE}</Named>).text).toBe(
      `<i title="${ESCAPED}">${ESCAPED}: ${ESCAPED}</i>`,
    );
  });

  it('leave out what is not there, and know which elements have no end', () => {
    expect(
      (
        <p id={null} hidden={false} class={undefined}>
          {null}
          {undefined}
          {false}
          {0}
        </p>
      ).text,
    ).toBe('<p>0</p>');
    expect((<input name="q" required autofocus={false} />).text).toBe('<input name="q" required>');
    expect(
      (
        <svg>
          <rect width="1" />
        </svg>
      ).text,
    ).toBe('<svg><rect width="1"/></svg>');
  });

  it('take trusted markup as it is, and only where it is called that', () => {
    const svg = '<svg><path d="M0 0"/></svg>';
    expect(
      (
        <p>
          <Raw markup={svg} />
        </p>
      ).text,
    ).toBe(`<p>${svg}</p>`);
  });

  it('are typed: there is no element, attribute or child that the pages could not show', () => {
    const wrong = [
      // @ts-expect-error the security policy would stop it
      <b style="color: red">x</b>,
      // @ts-expect-error the security policy would stop it
      <button onclick="go()">x</button>,
      // @ts-expect-error misspelt
      <a link="/">x</a>,
      // @ts-expect-error there is no such element
      <marquee>x</marquee>,
      // @ts-expect-error a component without its props
      <Named />,
    ];
    expect(wrong).toHaveLength(5);
  });
});
