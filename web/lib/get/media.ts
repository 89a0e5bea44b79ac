/**
 * How a file can be shown. The name and type are a stranger's word, so only what a browser renders without running anything is shown:
 * never HTML, never SVG outside an image. Pure.
 */
export type Medium = 'video' | 'audio' | 'image' | 'pdf' | 'text';

const BY_EXTENSION: Record<string, Medium> = {
  mp4: 'video',
  m4v: 'video',
  webm: 'video',
  mov: 'video',
  mkv: 'video',
  ogv: 'video',
  mp3: 'audio',
  m4a: 'audio',
  aac: 'audio',
  ogg: 'audio',
  oga: 'audio',
  opus: 'audio',
  flac: 'audio',
  wav: 'audio',
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  gif: 'image',
  webp: 'image',
  avif: 'image',
  svg: 'image',
  pdf: 'pdf',
  txt: 'text',
  md: 'text',
  csv: 'text',
  json: 'text',
  log: 'text',
  srt: 'text',
};

export function mediumOf(name: string, mime: string): Medium | undefined {
  const [kind, detail = ''] = mime.toLowerCase().split(';')[0]!.split('/');
  if (kind === 'video' || kind === 'audio' || kind === 'image') return kind;
  if (kind === 'application' && detail === 'pdf') return 'pdf';
  if (kind === 'text' || (kind === 'application' && detail === 'json')) return 'text';
  const extension = name.toLowerCase().split('.').at(-1) ?? '';
  return name.includes('.') ? BY_EXTENSION[extension] : undefined;
}
