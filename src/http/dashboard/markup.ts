import { escapeHtml } from '../../core/escape-html.ts';

/** Text that is HTML already. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand between two tags: a text is escaped; null, undefined and booleans are nothing. */
export type Child = Markup | string | number | boolean | null | undefined | readonly Child[];

type Component<Props> = (props: Props) => Markup;

/** What a void element has no end tag for. */
const VOID = new Set(['meta', 'link', 'img', 'input', 'br', 'hr']);
/** Elements without children that may be written in the short way of XML. */
const DRAWN = new Set(['rect', 'circle', 'path', 'line', 'use']);

/**
 * Makes markup of an element of TSX. Every text in it is escaped, for text and quoted attributes alike. The templates use this in place
 * of a library because the ones there are either escape only what they are told to, or take six times as long and bring the types of a
 * browser into the whole service (docs/design.md, section 9).
 */
export function h<Props>(
  tag: string | Component<Props>,
  props: Props | null,
  ...children: readonly Child[]
): Markup {
  if (typeof tag === 'function') return tag({ ...props!, children });
  let text = `<${tag}`;
  for (const name in props) {
    const value = props[name] as string | number | boolean | null | undefined;
    if (value === null || value === undefined || value === false) continue;
    text += value === true ? ` ${name}` : ` ${name}="${escaped(value)}"`;
  }
  if (VOID.has(tag)) return new Markup(`${text}>`);
  if (DRAWN.has(tag) && children.length === 0) return new Markup(`${text}/>`);
  return new Markup(`${text}>${textOf(children)}</${tag}>`);
}

/** Pieces without an element around them: `<>…</>`. */
h.Fragment = ({ children }: { readonly children?: Child }): Markup => new Markup(textOf(children));

/**
 * Trusted markup, put into the page as it is: a drawing of `src/charts`, or a piece of a page made before. Never a text that came from
 * outside.
 */
export function Raw({ markup }: { readonly markup: string }): Markup {
  return new Markup(markup);
}

function textOf(child: Child): string {
  if (typeof child === 'string') return escaped(child);
  if (child instanceof Markup) return child.text;
  if (child === null || child === undefined || typeof child === 'boolean') return '';
  if (typeof child === 'number') return String(child);
  let text = '';
  for (const each of child) text += textOf(each);
  return text;
}

const SPECIAL = /[&<>"']/;

function escaped(value: string | number): string {
  const text = String(value);
  return SPECIAL.test(text) ? escapeHtml(text) : text;
}

type Value = string | number | null | undefined;
type Flag = boolean | null | undefined;

/**
 * What every element may have. There is no `style` and no `onclick`: the security policy of the pages would stop both.
 */
interface Attributes {
  readonly id?: Value;
  readonly class?: Value;
  readonly role?: Value;
  readonly title?: Value;
  readonly lang?: Value;
  readonly tabindex?: Value;
  readonly hidden?: Flag;
  readonly [data: `data-${string}`]: Value;
  readonly [aria: `aria-${string}`]: Value;
  readonly children?: Child;
}

type Of<Names extends string> = Attributes & { readonly [Name in Names]?: Value };
type Plain =
  | 'head title body header main nav section article aside footer div span p h1 h2 h3 h4 ul li dl dt dd b i em strong small code pre kbd'
  | 'table caption thead tbody tr br hr summary figure figcaption fieldset legend noscript';

type Words<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Words<Rest> : Text;

interface Elements extends Readonly<Record<Words<Plain>, Attributes>> {
  readonly html: Attributes;
  readonly meta: Of<'charset' | 'name' | 'content' | 'http-equiv' | 'media'>;
  readonly link: Of<'rel' | 'href' | 'type' | 'media'>;
  readonly script: Of<'src' | 'type'> & { readonly defer?: Flag };
  readonly a: Of<'href' | 'rel' | 'target'>;
  readonly img: Of<'src' | 'alt' | 'width' | 'height'>;
  readonly time: Of<'datetime'>;
  readonly abbr: Attributes;
  readonly ol: Of<'start'>;
  readonly th: Of<'scope' | 'colspan' | 'rowspan'>;
  readonly td: Of<'colspan' | 'rowspan'>;
  readonly details: Attributes & { readonly open?: Flag };
  readonly form: Of<'action' | 'method'>;
  readonly label: Of<'for'>;
  readonly button: Of<'type' | 'name' | 'value' | 'form'> & { readonly disabled?: Flag };
  readonly input: Of<
    'type' | 'name' | 'value' | 'maxlength' | 'min' | 'max' | 'autocomplete' | 'spellcheck' | 'placeholder'
  > & {
    readonly required?: Flag;
    readonly autofocus?: Flag;
    readonly checked?: Flag;
  };
  readonly textarea: Of<'name' | 'rows' | 'cols' | 'maxlength'> & { readonly required?: Flag };
  readonly select: Of<'name'>;
  readonly option: Of<'value'> & { readonly selected?: Flag };
  readonly svg: Of<'viewBox' | 'width' | 'height' | 'preserveAspectRatio' | 'xmlns'>;
  readonly g: Of<'transform'>;
  readonly rect: Of<'x' | 'y' | 'width' | 'height' | 'rx'>;
  readonly circle: Of<'cx' | 'cy' | 'r'>;
  readonly line: Of<'x1' | 'y1' | 'x2' | 'y2'>;
  readonly path: Of<'d' | 'fill'>;
  readonly text: Of<'x' | 'y' | 'text-anchor'>;
}

/** Where the compiler looks for what TSX may say. */
export declare namespace h {
  namespace JSX {
    type Element = Markup;
    type IntrinsicElements = Elements;
    interface ElementChildrenAttribute {
      children: unknown;
    }
  }
}
