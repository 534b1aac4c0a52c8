defmodule Ecto.Adapters.LibSql.Constraints.Message do
  @moduledoc false
  # What only the text of a constraint error holds: the columns, or the name of an index or a CHECK. An error
  # from the driver has its kind in its codes; a map that has nothing but a message, as tools and tests build
  # it, has the kind in the text too.

  @type kind :: :unique | :foreign_key | :check | :not_null | :raised
  @type t :: %{
          kind: kind(),
          # Of an index or a CHECK; of a trigger's `RAISE(ABORT, 'constraint:name')`.
          name: String.t() | nil,
          table: String.t() | nil,
          columns: [String.t()]
        }

  @doc """
  The parts of the message of a violated constraint; nil if it is of no such form.

      UNIQUE constraint failed: t.a, t.b
      UNIQUE constraint failed: index 'name'
      CHECK constraint failed: name
      NOT NULL constraint failed: t.a
      FOREIGN KEY constraint failed
      constraint:name
  """
  @spec parse(String.t()) :: t() | nil
  def parse(message) do
    text = unwrap(message)
    failed = ~r/(UNIQUE|PRIMARY KEY|FOREIGN KEY|CHECK|NOT NULL) constraint failed(?::\s*(.*))?$/s

    case {Regex.run(failed, text), Regex.run(~r/^constraint:([\w.]+)$/, text)} do
      {[_, "FOREIGN KEY" | _], _} -> parts(:foreign_key)
      {[_, "CHECK", name], _} -> parts(:check, name: name)
      {[_, "NOT NULL", detail], _} -> parts(:not_null, columns(detail))
      {[_, _unique, detail], _} -> parts(:unique, index(detail) || columns(detail))
      {_, [_, name]} -> parts(:raised, name: name)
      _other -> nil
    end
  end

  # Other drivers wrap SQLite's text: SQLite failure: `...`
  defp unwrap(message) do
    case Regex.run(~r/SQLite failure: `(.*)`\s*$/s, message) do
      [_, text] -> text
      nil -> message |> String.trim_trailing() |> String.trim_trailing("`")
    end
  end

  defp parts(kind, fields \\ []),
    do: Enum.into(fields, %{kind: kind, name: nil, table: nil, columns: []})

  # `index 'name'` is SQLite's form for an index on an expression, `(index: name)` that of older drivers.
  defp index(detail) do
    with [_ | names] <- Regex.run(~r/^index '(.*)'$|\(index: ([^)]*)\)/, detail),
         do: [name: List.last(names)]
  end

  # `t.a, t.b`
  defp columns(detail) do
    pairs =
      for column <- String.split(detail, ", ") do
        case String.split(column, ".", parts: 2) do
          [table, name] -> {table, name}
          [name] -> {"", name}
        end
      end

    [table: pairs |> hd() |> elem(0), columns: Enum.map(pairs, &elem(&1, 1))]
  end
end
