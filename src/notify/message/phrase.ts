/** A piece of text: our own words, a name that others wrote (to be shown literally), or a checked link. */
export type Piece = string | { readonly name: string } | Link;
export type Phrase = readonly Piece[];

export interface Link {
  readonly label: string;
  readonly url: string;
}

export interface Field {
  readonly label: string;
  readonly value: Phrase;
}

/** A phrase as plain text: names as they are, links behind their label. */
export function phraseText(phrase: Phrase): string {
  return phrase
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      return 'name' in piece ? piece.name : `${piece.label} ${piece.url}`;
    })
    .join('');
}

/** How the pieces of a phrase are written in some markup. */
export interface PhraseMarkup {
  readonly own: (text: string) => string;
  readonly name: (name: string) => string;
  readonly link: (link: Link) => string;
}

/** A phrase in a markup. */
export function phraseIn(markup: PhraseMarkup, phrase: Phrase): string {
  return phrase
    .map((piece) => {
      if (typeof piece === 'string') return markup.own(piece);
      return 'name' in piece ? markup.name(piece.name) : markup.link(piece);
    })
    .join('');
}
