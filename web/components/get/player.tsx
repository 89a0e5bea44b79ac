'use client';
/**
 * Shows the file while it comes in, through the engine's address for it. The seller's word for the type decides only which of the
 * browser's own viewers is asked; nothing in the file is run.
 */
import { useEffect, useState } from 'react';
import { mediumOf } from '@/lib/get/media.ts';
import { useVoice } from '@/lib/i18n/context.tsx';

/** As much of a text as is shown, bytes. */
const TEXT_BYTES = 256 * 1024;

export function Player({ url, name, mime, size }: { url: string; name: string; mime: string; size: number }) {
  const { t } = useVoice();
  const medium = mediumOf(name, mime);
  const [failed, setFailed] = useState(false);
  if (!medium) return null;
  if (failed)
    return <p className="rounded-panel border border-line bg-surface p-6 text-sm text-soft">{t('player.cannot')}</p>;
  const frame = 'w-full rounded-panel border border-line bg-surface';
  switch (medium) {
    case 'video':
      return (
        // A stranger's film brings no captions of ours.
        // biome-ignore lint/a11y/useMediaCaption: there is no track to offer
        <video
          src={url}
          controls
          playsInline
          preload="metadata"
          aria-label={name}
          onError={() => setFailed(true)}
          className="aspect-video w-full rounded-panel bg-black"
        />
      );
    case 'audio':
      return (
        <div className={`${frame} p-4`}>
          {/* biome-ignore lint/a11y/useMediaCaption: there is no track to offer */}
          <audio
            src={url}
            controls
            preload="metadata"
            aria-label={name}
            onError={() => setFailed(true)}
            className="w-full"
          />
        </div>
      );
    case 'image':
      return (
        // biome-ignore lint/performance/noImgElement: the engine's address, known to nobody's optimizer
        <img src={url} alt={name} onError={() => setFailed(true)} className={`${frame} max-h-[70vh] object-contain`} />
      );
    case 'pdf':
      return <iframe src={url} title={name} className={`${frame} h-[70vh]`} />;
    case 'text':
      return <TextView url={url} size={size} onFail={() => setFailed(true)} className={frame} />;
  }
}

function TextView({
  url,
  size,
  onFail,
  className,
}: {
  url: string;
  size: number;
  onFail: () => void;
  className: string;
}) {
  const { t } = useVoice();
  const [text, setText] = useState<string>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the callback is new at each paint and means the same
  useEffect(() => {
    const abort = new AbortController();
    const end = Math.min(size, TEXT_BYTES) - 1;
    fetch(url, { headers: end >= 0 ? { range: `bytes=0-${end}` } : {}, signal: abort.signal })
      .then(async (response) => {
        if (!response.ok) throw new Error(`status ${response.status}`);
        setText(await response.text());
      })
      .catch(() => {
        if (!abort.signal.aborted) onFail();
      });
    return () => abort.abort();
  }, [url, size]);
  return (
    <div className={`${className} max-h-[60vh] overflow-auto p-4 sm:p-6`}>
      {text === undefined ? (
        <p className="text-sm text-soft">{t('player.waiting')}</p>
      ) : (
        <pre className="font-mono text-sm break-words whitespace-pre-wrap">{text}</pre>
      )}
      {text !== undefined && size > TEXT_BYTES ? <p className="mt-4 text-sm text-soft">{t('player.cut')}</p> : null}
    </div>
  );
}
