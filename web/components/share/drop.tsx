'use client';
/** Where files and folders are dropped, or chosen by whoever has no mouse. */
import { useId, useState } from 'react';
import { Icon } from '@/components/ui/icon.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { type DroppedFolder, readDrop, toFolder } from './dropped.ts';

export function Drop({
  disabled,
  isStarting,
  mayFolder,
  onFiles,
  onFolder,
}: {
  disabled: boolean;
  isStarting: boolean;
  /** Each file under a key of its own would need a link of its own. */
  mayFolder: boolean;
  onFiles: (files: readonly File[]) => Promise<void>;
  onFolder: (folder: DroppedFolder) => Promise<void>;
}) {
  const { t } = useVoice();
  const id = useId();
  const [isOver, setOver] = useState(false);
  // One after the other: a wallet shows one question at a time.
  async function takeDrop(drop: DataTransfer) {
    const { files, folders } = await readDrop(drop);
    if (files.length > 0) await onFiles(files);
    if (mayFolder) for (const folder of folders) await onFolder(folder);
  }
  return (
    <div>
      <label
        htmlFor={id}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          if (!disabled) void takeDrop(event.dataTransfer);
        }}
        className={`flex min-h-64 cursor-pointer flex-col items-center justify-center gap-2 rounded-panel border-2 border-dashed p-8 text-center transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent ${isOver ? 'border-accent bg-accent-wash' : 'border-edge bg-surface hover:bg-sunk'} ${disabled ? 'opacity-60' : ''}`}
      >
        <input
          id={id}
          type="file"
          multiple
          disabled={disabled}
          className="sr-only"
          onChange={(event) => {
            void onFiles([...(event.target.files ?? [])]);
            event.target.value = '';
          }}
        />
        <span className="grid size-12 place-items-center rounded-full bg-sunk text-soft">
          <Icon name="share" />
        </span>
        <span className="mt-2 text-lg font-semibold">{t('share.drop')}</span>
        <span className="max-w-sm text-sm text-soft">{isStarting ? t('peer.starting') : t('share.dropText')}</span>
      </label>
      <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2">
        <label
          htmlFor={`${id}-folder`}
          className={`inline-flex min-h-11 items-center gap-2 rounded-control border border-edge bg-surface px-4 text-sm font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent ${disabled || !mayFolder ? 'opacity-60' : 'cursor-pointer hover:bg-sunk'}`}
        >
          <input
            id={`${id}-folder`}
            type="file"
            disabled={disabled || !mayFolder}
            className="sr-only"
            ref={(input) => input?.setAttribute('webkitdirectory', '')}
            onChange={(event) => {
              const folder = toFolder([...(event.target.files ?? [])]);
              event.target.value = '';
              if (folder) void onFolder(folder);
            }}
          />
          {t('share.folder')}
        </label>
        <p className="min-w-0 flex-1 basis-60 text-xs text-soft">
          {t(mayFolder ? 'share.folderText' : 'share.folderSecret')}
        </p>
      </div>
    </div>
  );
}
