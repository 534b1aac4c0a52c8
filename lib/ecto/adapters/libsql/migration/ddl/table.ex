defmodule Ecto.Adapters.LibSql.Migration.DDL.Table do
  @moduledoc false
  # CREATE TABLE and its options.

  alias Ecto.Adapters.LibSql.Migration.DDL
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.{Reference, Table}

  @options [:strict, :without_rowid, :random_rowid]

  @spec create(:create | :create_if_not_exists, Table.t(), list()) :: [iodata()]
  def create(command, table, columns) do
    options = options!(table)
    random_rowid!(table, options, columns)
    keys = for {:add, name, type, opts} <- columns, opts[:primary_key], do: {name, type, opts}
    definitions = Enum.map(columns, &definition(table, &1, keys, options))
    constraints = primary_key(keys) ++ foreign_keys(table, columns)

    [
      [
        ["CREATE ", modifiers(table), "TABLE ", if_not_exists(command)],
        [Quote.table(table.prefix, table.name), " (", DDL.Comment.sql(table.comment)],
        [Enum.intersperse(definitions ++ constraints, ", "), ")", suffix(options)]
      ]
      | DDL.Sequence.restarts(table, columns)
    ]
  end

  defp definition(table, {:add, name, type, opts}, keys, options) do
    opts = Keyword.put(opts, :strict, options[:strict] || false)

    opts =
      case keys do
        [{^name, _type, _opts}] -> Keyword.put(opts, :primary_key, :alone)
        _other -> opts
      end

    DDL.Column.definition(table, name, type, opts)
  end

  defp definition(_table, {command, name, _, _}, _keys, _options) do
    raise ArgumentError, "#{command} of #{inspect(name)} has no meaning in create table"
  end

  # The key of one column is written with the column, which makes an INTEGER the rowid.
  defp primary_key([_, _ | _] = keys) do
    [["PRIMARY KEY (", Quote.names(Enum.map(keys, &elem(&1, 0))), ")"]]
  end

  defp primary_key(_none_or_one), do: []

  defp foreign_keys(table, columns) do
    for {:add, name, %Reference{with: [_ | _]} = reference, _opts} <- columns,
        do: DDL.Column.foreign_key(table, name, reference)
  end

  defp if_not_exists(:create), do: []
  defp if_not_exists(:create_if_not_exists), do: "IF NOT EXISTS "

  # A field of ecto_sql 3.14. SQLite has one modifier.
  defp modifiers(%{modifiers: modifiers}) when modifiers not in [nil, ""] do
    case modifiers |> to_string() |> String.upcase() do
      word when word in ["TEMPORARY", "TEMP"] -> "TEMPORARY "
      other -> raise ArgumentError, "unsupported table modifiers: #{inspect(other)}"
    end
  end

  defp modifiers(_table), do: []

  @doc "Refuses what `alter table` cannot give a table: engine, options and modifiers are those of its CREATE."
  @spec check_alter!(Table.t()) :: :ok
  def check_alter!(table) do
    for key <- [:engine, :options, :modifiers], value = Map.get(table, key), value != nil do
      raise ArgumentError,
            "#{inspect(key)} is for create table, got #{inspect(value)} in alter table of " <>
              inspect(table.name)
    end

    :ok
  end

  defp options!(%Table{options: options, engine: engine}) do
    if engine, do: raise(ArgumentError, "SQLite has no table engines, got: #{inspect(engine)}")

    case options do
      nil -> []
      text when is_binary(text) -> text(text)
      list when is_list(list) -> keyword!(list)
      other -> raise ArgumentError, "unsupported table options: #{inspect(other)}"
    end
  end

  defp keyword!(options) do
    case Keyword.keys(options) -- @options do
      [] ->
        options

      unknown ->
        raise ArgumentError,
              "the adapter does not support keyword lists in :options other than " <>
                "#{inspect(@options)}, got: #{inspect(unknown)}"
    end
  end

  defp text(text) do
    upper = String.upcase(text)

    [
      text: text,
      strict: upper =~ ~r/\bSTRICT\b/,
      without_rowid: upper =~ ~r/\bWITHOUT\s+ROWID\b/,
      random_rowid: upper =~ ~r/\bRANDOM\s+ROWID\b/
    ]
  end

  defp suffix(options) do
    if options[:text] do
      [?\s, options[:text]]
    else
      words =
        [strict: "STRICT", without_rowid: "WITHOUT ROWID", random_rowid: "RANDOM ROWID"]
        |> Enum.filter(fn {key, _word} -> options[key] end)
        |> Enum.map_intersperse(", ", &elem(&1, 1))

      if words == [], do: [], else: [?\s, words]
    end
  end

  # libSQL's RANDOM ROWID makes rowids random, which needs a table with rowids and without AUTOINCREMENT.
  defp random_rowid!(table, options, columns) do
    if options[:random_rowid] do
      name = inspect(table.name)

      cond do
        options[:without_rowid] ->
          raise ArgumentError,
                "RANDOM ROWID and WITHOUT ROWID are mutually exclusive (table #{name})"

        Enum.any?(columns, fn {_, _, _, opts} -> opts[:autoincrement] end) ->
          raise ArgumentError,
                "RANDOM ROWID and AUTOINCREMENT are mutually exclusive (table #{name})"

        true ->
          :ok
      end
    end
  end
end
