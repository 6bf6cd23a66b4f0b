import type { ComponentChildren } from "preact";

export interface Option {
  value: string;
  label: string;
}

/** Filters in a row that wraps; `label` names the group to those who do not see it. */
export function FilterBar({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <form class="filters" aria-label={label} onSubmit={(event) => event.preventDefault()}>
      {children}
    </form>
  );
}

interface SelectProps {
  label: string;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
}

export function SelectField({ label, value, options, onChange }: SelectProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}

interface DateProps {
  label: string;
  /** ISO days. */
  value: string;
  min: string;
  max: string;
  onChange: (value: string) => void;
}

export function DateField({ label, value, min, max, onChange }: DateProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input type="date" required value={value} min={min} max={max} onChange={(event) => event.currentTarget.value && onChange(event.currentTarget.value)} />
    </label>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
}

/** A few exclusive choices side by side. */
export function Choices({ label, value, options, onChange }: ChoiceProps) {
  return (
    <div class="choices" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.label}
        </button>
      ))}
    </div>
  );
}
