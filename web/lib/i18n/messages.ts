/**
 * What the page says, by key. English is part of the first load and gives the keys their type; the others are fetched when chosen.
 * Sentences are whole: a `{name}` in one is replaced, nothing is glued. State: none.
 */
import en from '../../messages/en.json' with { type: 'json' };

export type MessageKey = keyof typeof en;
export type Messages = Readonly<Record<MessageKey, string>>;
export type Params = Readonly<Record<string, string | number>>;

/** Each in its own name, in the order of the menu. */
export const LANGUAGES = { en: 'English', es: 'Español', ru: 'Русский', zh: '中文', ko: '한국어' } as const;
export type Language = keyof typeof LANGUAGES;

export const ENGLISH: Messages = en;

/** The messages of a language. */
export async function loadMessages(language: Language): Promise<Messages> {
  switch (language) {
    case 'es':
      return (await import('../../messages/es.json', { with: { type: 'json' } })).default;
    case 'ru':
      return (await import('../../messages/ru.json', { with: { type: 'json' } })).default;
    case 'zh':
      return (await import('../../messages/zh.json', { with: { type: 'json' } })).default;
    case 'ko':
      return (await import('../../messages/ko.json', { with: { type: 'json' } })).default;
    default:
      return ENGLISH;
  }
}

/** `{name}` → its value; a name that is not given stays visible, so that it is noticed. */
export function fill(text: string, params: Params = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : whole,
  );
}

export const isLanguage = (value: unknown): value is Language => typeof value === 'string' && value in LANGUAGES;

/** The first of the reader's languages that the page speaks; English when none. */
export function pickLanguage(wanted: readonly string[]): Language {
  return wanted.map((tag) => tag.toLowerCase().split('-')[0]).find(isLanguage) ?? 'en';
}
