defmodule Ecto.Adapters.LibSql.Constraints do
  @moduledoc false
  # Which constraint an error speaks of. SQLite tells tables and columns, and a name only for checks
  # and expression indexes; Violation looks the real names up while there is a connection and leaves
  # them in the error. Without them the names are those that Ecto gives by default.

  @spec to_constraints(Exception.t() | map(), keyword()) :: keyword()
  def to_constraints(%{sqlite: %{constraints: [_ | _] = constraints}}, _opts), do: constraints

  def to_constraints(%{message: message}, _opts) when is_binary(message) do
    message |> unwrap() |> parse()
  end

  def to_constraints(_error, _opts), do: []

  # Older drivers wrap SQLite's text: SQLite failure: `…`
  defp unwrap(message) do
    case Regex.run(~r/SQLite failure: `(.*)`\s*$/s, message) do
      [_, text] -> text
      nil -> message |> String.trim_trailing() |> String.trim_trailing("`")
    end
  end

  defp parse(message) do
    case Regex.run(
           ~r/(UNIQUE|PRIMARY KEY|FOREIGN KEY|CHECK|NOT NULL) constraint failed(?::\s*(.*))?$/s,
           message
         ) do
      [_, "FOREIGN KEY" | _] -> [foreign_key: :unknown]
      [_, kind, detail] when kind in ["UNIQUE", "PRIMARY KEY"] -> [unique: unique(detail)]
      [_, "CHECK", detail] -> [check: detail]
      [_, "NOT NULL", detail] -> [check: columns(detail)]
      [_, _kind] -> []
      nil -> raised(message)
    end
  end

  defp unique(detail) do
    cond do
      match = Regex.run(~r/^index '(.*)'$/, detail) -> Enum.at(match, 1)
      match = Regex.run(~r/\(index: ([^)]*)\)/, detail) -> Enum.at(match, 1)
      true -> columns(detail)
    end
  end

  defp columns(detail) do
    {table, columns} = split(detail)
    Enum.join([table | columns] ++ ["index"], "_")
  end

  @doc "`t.a, t.b` as `{\"t\", [\"a\", \"b\"]}`."
  @spec split(String.t()) :: {String.t(), [String.t()]}
  def split(detail) do
    pairs =
      for column <- String.split(detail, ", ") do
        case String.split(column, ".", parts: 2) do
          [table, name] -> {table, name}
          [name] -> {"", name}
        end
      end

    {pairs |> hd() |> elem(0), Enum.map(pairs, &elem(&1, 1))}
  end

  # RAISE(ABORT, 'constraint:name') in a trigger.
  defp raised(message) do
    case Regex.run(~r/^constraint:([\w.]+)$/, message) do
      [_, name] -> [check: name]
      nil -> []
    end
  end
end
