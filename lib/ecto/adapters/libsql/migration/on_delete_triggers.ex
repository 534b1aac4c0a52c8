defmodule Ecto.Adapters.LibSql.Migration.OnDeleteTriggers do
  @moduledoc false
  # `on_delete: {:nilify, columns}` and `{:default, columns}`. SQLite's SET NULL and SET DEFAULT take all columns
  # of a foreign key, so a trigger on the parent, named `table_column_on_delete`, sets some of them. It runs
  # before the parent's row is deleted, so that no row refers to it any more when the foreign key is checked.
  #
  # The triggers come and go with their columns, and follow the columns' default values, which they hold.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.{Reference, Table}

  @enforce_keys [:column, :reference, :kind, :columns]
  defstruct @enforce_keys

  @typedoc "The action of the reference of one column, which sets `columns`."
  @type t :: %__MODULE__{
          column: atom(),
          reference: Reference.t(),
          kind: :nilify | :default,
          columns: [atom()]
        }
  @type meta :: Ecto.Adapter.adapter_meta()

  @doc "The type without such an action, and the actions to make triggers of."
  @spec split(atom(), term()) :: {term(), [t()]}
  def split(column, %Reference{on_delete: {kind, columns}} = reference)
      when kind in [:nilify, :default] do
    action = %__MODULE__{column: column, reference: reference, kind: kind, columns: columns}
    {%{reference | on_delete: :nothing}, [action]}
  end

  def split(_column, type), do: {type, []}

  ## In the database

  @spec create(meta(), Table.t(), [t()], keyword(), boolean()) :: :ok
  def create(meta, table, actions, opts, if_not_exists? \\ false)
  def create(_meta, _table, [], _opts, _if_not_exists?), do: :ok

  def create(meta, table, actions, opts, if_not_exists?) do
    defaults = defaults(meta, table)

    Enum.each(actions, fn action ->
      columns!(action, defaults, table)
      run(meta, trigger(table, action, defaults, if_not_exists?), opts)
    end)
  end

  # SQLite would report it when the first row of the parent is deleted.
  defp columns!(action, defaults, table) do
    missing = Enum.find(action.columns, &(not is_map_key(defaults, fold(&1))))

    if missing do
      raise ArgumentError,
            "on_delete: #{inspect({action.kind, action.columns})} is impossible: table " <>
              "#{inspect(table.name)} has no column #{inspect(missing)}"
    end
  end

  @doc "Drops the triggers of these columns, or of the whole table."
  @spec drop(meta(), Table.t(), [String.t()] | :all, keyword()) :: :ok
  def drop(meta, table, columns, opts) do
    for {name, _sql} <- triggers(meta, table, columns),
        do: run(meta, ["DROP TRIGGER " | Quote.table(table.prefix, name)], opts)

    :ok
  end

  @doc "Makes the triggers anew whose columns have other default values after the changes."
  @spec refresh(meta(), Table.t(), [tuple()], keyword()) :: :ok
  def refresh(meta, table, changes, opts) do
    if Enum.any?(changes, &match?({:modify, _name, _type, [_ | _]}, &1)) do
      defaults = defaults(meta, table)

      for {name, sql} <- triggers(meta, table, :all),
          new = with_defaults(sql, defaults),
          new != sql do
        run(meta, ["DROP TRIGGER " | Quote.table(table.prefix, name)], opts)
        run(meta, Catalog.located(new, table.prefix), opts)
      end
    end

    :ok
  end

  defp triggers(meta, table, columns) do
    master = [Catalog.database(table.prefix), "sqlite_master"]

    for [name, sql] <-
          Catalog.rows(meta, ["SELECT name, sql FROM ", master, " WHERE type = 'trigger'"]),
        trigger?(sql, table, columns),
        do: {name, sql}
  end

  # As SQL, by the folded name of the column.
  defp defaults(meta, table) do
    columns = Catalog.columns(meta, to_string(table.name), table.prefix)
    Map.new(columns, &{fold(&1.name), &1.default})
  end

  defp fold(name), do: name |> to_string() |> Tokenizer.fold()

  defp run(meta, sql, opts),
    do: Ecto.Adapters.SQL.query!(meta, IO.iodata_to_binary(sql), [], opts)

  ## Their text

  defp trigger(table, action, defaults, if_not_exists?) do
    %{column: column, reference: reference} = action
    pairs = [{column, reference.column} | reference.with]

    conditions =
      Enum.map_intersperse(pairs, " AND ", fn {own, parent} ->
        [Quote.name(own), " = OLD." | Quote.name(parent)]
      end)

    sets =
      Enum.map_intersperse(action.columns, ", ", fn set ->
        [Quote.name(set), " = " | value(action.kind, defaults[fold(set)])]
      end)

    [
      ["CREATE TRIGGER ", if(if_not_exists?, do: "IF NOT EXISTS ", else: [])],
      [Quote.table(table.prefix, "#{table.name}_#{column}_on_delete"), " BEFORE DELETE ON "],
      [Quote.name(reference.table), " BEGIN UPDATE ", Quote.name(table.name), " SET ", sets],
      [" WHERE ", conditions, "; END"]
    ]
  end

  # The parentheses distinguish a default from the NULL of :nilify.
  defp value(:nilify, _default), do: "NULL"
  defp value(:default, default), do: [?(, default || "NULL", ?)]

  # Whether it is such a trigger, of one of the columns. The table may have been renamed since, so that the
  # name of the trigger does not decide.
  defp trigger?(sql, table, columns) do
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

  defp with_defaults(sql, defaults) do
    {head, [set | rest]} =
      sql |> Tokenizer.scan() |> Enum.split_while(&(Tokenizer.keyword(&1) != "SET"))

    {sets, rest} = until_where(rest, 0, [])
    sets = sets |> Tokenizer.split() |> Enum.map_join(",", &with_default(&1, defaults))
    Enum.join([Tokenizer.text(head), Tokenizer.text([set]), sets, Tokenizer.text(rest)])
  end

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
