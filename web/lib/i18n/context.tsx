'use client';
/** The language of the page and how it writes numbers. State: the messages of the chosen language. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { saveSettings, useSettings } from '../settings.ts';
import { createFormat, type Format } from './format.ts';
import { ENGLISH, fill, type Language, loadMessages, type MessageKey, type Params, pickLanguage } from './messages.ts';

export type Translate = (key: MessageKey, params?: Params) => string;

interface Voice {
  readonly language: Language;
  readonly t: Translate;
  readonly format: Format;
  readonly setLanguage: (language: Language) => void;
}

const Context = createContext<Voice | undefined>(undefined);

export function LanguageProvider({ children }: { children: ReactNode }) {
  const { language: chosen } = useSettings();
  const [spoken, setSpoken] = useState({ language: 'en' as Language, messages: ENGLISH });

  useEffect(() => {
    const wanted = chosen ?? pickLanguage(navigator.languages);
    let isOver = false;
    loadMessages(wanted)
      .then((messages) => {
        if (isOver) return;
        document.documentElement.lang = wanted;
        // The same again would draw the whole page anew.
        setSpoken((before) => (before.messages === messages ? before : { language: wanted, messages }));
      })
      // Out of reach: English stays, which is better than nothing.
      .catch(() => {})
      .finally(() => delete document.documentElement.dataset.awaiting);
    return () => {
      isOver = true;
    };
  }, [chosen]);

  const voice = useMemo<Voice>(
    () => ({
      language: spoken.language,
      t: (key, params) => fill(spoken.messages[key] ?? ENGLISH[key] ?? key, params),
      format: createFormat(spoken.language),
      setLanguage: (language) => saveSettings({ language }),
    }),
    [spoken],
  );
  return <Context value={voice}>{children}</Context>;
}

export function useVoice(): Voice {
  const voice = useContext(Context);
  if (!voice) throw new Error('useVoice outside LanguageProvider');
  return voice;
}
