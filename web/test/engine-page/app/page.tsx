'use client';
/** Puts the engine's door on the window, where a test finds it. */
import { useEffect } from 'react';

export default function Page() {
  useEffect(() => {
    const load = () => import('../../../lib/engine/index.ts');
    Object.assign(window, { loadEngine: load });
  }, []);
  return <main>engine</main>;
}
