'use client';
/** A labelled field: the label is always there, the hint or the fault below it is read out with it. */
import { type InputHTMLAttributes, type ReactNode, useId } from 'react';

export function Field({
  label,
  hint,
  fault,
  suffix,
  className = '',
  ...input
}: {
  label: string;
  hint?: ReactNode;
  fault?: string | undefined;
  suffix?: string;
} & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <div
        className={`mt-1.5 flex h-11 items-center rounded-control border bg-surface focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent ${fault ? 'border-bad' : 'border-edge'}`}
      >
        <input
          {...input}
          id={id}
          aria-invalid={fault ? true : undefined}
          aria-describedby={fault || hint ? `${id}-note` : undefined}
          className="tabular h-full w-full min-w-0 flex-1 bg-transparent px-3 outline-none placeholder:text-soft"
        />
        {suffix ? <span className="pr-3 text-sm whitespace-nowrap text-soft">{suffix}</span> : null}
      </div>
      {fault || hint ? (
        <p id={`${id}-note`} className={`mt-1.5 text-xs ${fault ? 'text-bad' : 'text-soft'}`}>
          {fault ?? hint}
        </p>
      ) : null}
    </div>
  );
}

/** One of a few, all in sight. */
export function Choice<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
}) {
  const name = useId();
  return (
    <fieldset>
      <legend className="text-sm font-medium">{label}</legend>
      <div className="mt-1.5 inline-flex flex-wrap gap-1 rounded-control bg-sunk p-1">
        {options.map((option) => (
          <label
            key={option.value}
            className="inline-flex h-9 cursor-pointer items-center rounded-md px-3 text-sm has-checked:bg-surface has-checked:font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              className="sr-only"
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Yes or no. */
export function Tick({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <label className="inline-flex min-h-9 cursor-pointer items-center gap-2 text-sm">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
        className="size-4 accent-(--accent)"
      />
      {label}
    </label>
  );
}
