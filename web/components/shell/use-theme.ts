'use client';
/** Keeps the page's theme with the person's choice, or with the system where there is none. */
import { useEffect } from 'react';
import { useSettings } from '@/lib/settings.ts';

export function useTheme(): void {
  const { theme } = useSettings();
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const paint = () => {
      document.documentElement.dataset.theme = theme === 'system' ? (system.matches ? 'dark' : 'light') : theme;
    };
    paint();
    system.addEventListener('change', paint);
    return () => system.removeEventListener('change', paint);
  }, [theme]);
}
