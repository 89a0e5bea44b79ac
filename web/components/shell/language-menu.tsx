'use client';
/** The language, one press away on every page. The browser's own list: it works everywhere, with keys and readers. */
import { Icon } from '@/components/ui/icon.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { LANGUAGES, type Language } from '@/lib/i18n/messages.ts';

export function LanguageMenu() {
  const { t, language, setLanguage } = useVoice();
  return (
    <label className="relative flex h-11 w-11 items-center justify-center rounded-control text-soft hover:bg-sunk hover:text-ink has-focus-visible:outline-2 has-focus-visible:outline-accent xl:w-auto xl:px-3">
      <span className="sr-only">{t('shell.language')}</span>
      <Icon name="globe" />
      <span aria-hidden="true" className="ml-2 hidden text-sm xl:inline">
        {LANGUAGES[language]}
      </span>
      <select
        name="language"
        value={language}
        onChange={(event) => setLanguage(event.target.value as Language)}
        className="absolute inset-0 cursor-pointer bg-surface text-ink opacity-0"
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
