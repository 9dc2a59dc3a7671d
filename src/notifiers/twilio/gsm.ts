/**
 * The alphabet of text messages (3GPP TS 23.038): one character outside it, as a middle dot, makes the whole text UCS-2,
 * of which a part holds 67 characters instead of 153. Pure.
 */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Each takes the place of two. */
const extended = new Set('^{}\\[~]|€\f');

const instead: Readonly<Record<string, string>> = {
  ...{ '·': '-', '•': '-', '–': '-', '—': '-', '−': '-', '…': '...', '→': '->', '←': '<-', '×': 'x' },
  ...{ '“': '"', '”': '"', '„': '"', '«': '"', '»': '"', '‘': "'", '’': "'", '`': "'", '≥': '>=', '≤': '<=' },
  ...{ µ: 'u', '°': ' deg', '\t': ' ', '\u00a0': ' ', '\u202f': ' ' },
};

/** What has no letter in the alphabet, as another script, stays; its text then is UCS-2 as a whole. */
export function transliterated(text: string): string {
  return [...text]
    .map((letter) => {
      if (basic.has(letter) || extended.has(letter)) return letter;
      const other = instead[letter] ?? letter.normalize('NFD').replace(/\p{Mn}/gu, '');
      return [...other].every((one) => basic.has(one)) ? other : letter;
    })
    .filter((letter) => !/^\p{Extended_Pictographic}$/u.test(letter))
    .join('');
}

/** In how many parts it is sent. */
export function partsOf(text: string): number {
  const letters = [...text];
  const isGsm = letters.every((letter) => basic.has(letter) || extended.has(letter));
  const length = isGsm
    ? letters.reduce((sum, letter) => sum + (extended.has(letter) ? 2 : 1), 0)
    : text.length;
  const [alone, each] = isGsm ? [160, 153] : [70, 67];
  return length <= alone ? 1 : Math.ceil(length / each);
}
