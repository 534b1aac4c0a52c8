defmodule Ecto.Adapters.LibSql.Migration.DDL.Action do
  @moduledoc false
  # `on_delete: {:nilify, columns}` and `{:default, columns}`: SQLite's SET NULL and SET DEFAULT take all
  # columns of a foreign key, so a trigger on the parent, named `table_column_on_delete`, does it for some.
  # It runs before the parent's row goes, so that the key itself finds nothing left to refuse.

  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.{Reference, Table}

  @type t :: {atom(), Reference.t(), :nilify | :default, [atom()]}

  @doc "The type without such an action, and the actions to make triggers of."
  @spec split(atom(), term()) :: {term(), [t()]}
  def split(column, %Reference{on_delete: {kind, columns}} = reference)
      when kind in [:nilify, :default],
      do: {%{reference | on_delete: :nothing}, [{column, reference, kind, columns}]}

  def split(_column, type), do: {type, []}

  @doc "The trigger of an action; `defaults` are the columns' default values as SQL."
  @spec trigger(Table.t(), t(), %{String.t() => String.t() | nil}, boolean()) :: iodata()
  def trigger(table, {column, reference, kind, columns}, defaults, unless_there?) do
    name = "#{table.name}_#{column}_on_delete"
    pairs = [{column, reference.column} | reference.with]
    defaults = folded(defaults)

    conditions =
      Enum.map_intersperse(pairs, " AND ", fn {own, parent} ->
        [Quote.name(own), " = OLD." | Quote.name(parent)]
      end)

    sets =
      Enum.map_intersperse(columns, ", ", fn set ->
        [Quote.name(set), " = " | value(kind, defaults[set |> to_string() |> Tokenizer.fold()])]
      end)

    [
      ["CREATE TRIGGER ", if(unless_there?, do: "IF NOT EXISTS ", else: [])],
      [Quote.table(table.prefix, name), " BEFORE DELETE ON "],
      [Quote.name(reference.table), " BEGIN UPDATE ", Quote.name(table.name), " SET ", sets],
      [" WHERE ", conditions, "; END"]
    ]
  end

  @doc "Whether a trigger does such an action on one of the columns of the table, or any with `:all`."
  @spec trigger?(String.t(), Table.t(), [String.t()] | :all) :: boolean()
  def trigger?(sql, table, columns) do
    # The table may have another name by now, so that the trigger's own name tells nothing.
    case Regex.run(~r/^CREATE TRIGGER ".*_on_delete" BEFORE DELETE ON .* BEGIN (.*); END$/s, sql) do
      [_, body] -> of?(body, IO.iodata_to_binary(["UPDATE ", Quote.name(table.name)]), columns)
      nil -> false
    end
  end

  defp of?(body, update, :all), do: String.starts_with?(body, update <> " SET ")

  defp of?(body, update, columns) do
    of?(body, update, :all) and
      Enum.any?(columns, &(body =~ IO.iodata_to_binary([" WHERE ", Quote.name(&1), " = OLD."])))
  end

  # The parenthesis tells a default from a NULL that was asked for.
  defp value(:nilify, _default), do: "NULL"
  defp value(:default, default), do: [?(, default || "NULL", ?)]

  @doc "The trigger with the default values of today."
  @spec with_defaults(String.t(), %{String.t() => String.t() | nil}) :: String.t()
  def with_defaults(sql, defaults) do
    defaults = folded(defaults)

    {head, [set | rest]} =
      sql |> Tokenizer.scan() |> Enum.split_while(&(Tokenizer.keyword(&1) != "SET"))

    {sets, rest} = until_where(rest, 0, [])
    sets = sets |> Tokenizer.split() |> Enum.map_join(",", &with_default(&1, defaults))
    Enum.join([Tokenizer.text(head), Tokenizer.text([set]), sets, Tokenizer.text(rest)])
  end

  defp folded(defaults),
    do: Map.new(defaults, fn {name, default} -> {Tokenizer.fold(name), default} end)

  defp with_default(assignment, defaults) do
    {target, value} = Enum.split_while(assignment, &(&1 != {:punct, "("}))
    {_old, rest} = if value == [], do: {[], []}, else: Tokenizer.group(value)
    name = assignment |> Tokenizer.skip() |> hd() |> Tokenizer.name()
    new = if value == [], do: [], else: value(:default, defaults[name])
    IO.iodata_to_binary([Tokenizer.text(target), new, Tokenizer.text(rest)])
  end

  defp until_where([token | rest] = tokens, depth, taken) do
    if depth == 0 and Tokenizer.keyword(token) == "WHERE",
      do: {Enum.reverse(taken), tokens},
      else: until_where(rest, depth + Tokenizer.change(token), [token | taken])
  end
end
