defmodule Ecto.Adapters.LibSql.Migration.OnDeleteTriggers do
  @moduledoc false
  # The triggers of a table's actions on single columns, see Ddl.Action, in the database: they come and go
  # with the columns, and follow their default values.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.Migration.DDL
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.Table

  @type meta :: Ecto.Adapter.adapter_meta()

  @spec create(meta(), Table.t(), [DDL.Action.t()], keyword(), boolean()) :: :ok
  def create(meta, table, actions, opts, unless_there? \\ false)
  def create(_meta, _table, [], _opts, _unless_there?), do: :ok

  def create(meta, table, actions, opts, unless_there?) do
    defaults = defaults(meta, table)

    Enum.each(actions, fn action ->
      columns!(action, defaults, table)
      run(meta, DDL.Action.trigger(table, action, defaults, unless_there?), opts)
    end)
  end

  # SQLite would find out when the first parent is deleted.
  defp columns!({_column, _reference, kind, columns}, defaults, table) do
    names = defaults |> Map.keys() |> Enum.map(&Tokenizer.fold/1)

    case Enum.reject(columns, &((&1 |> to_string() |> Tokenizer.fold()) in names)) do
      [] ->
        :ok

      [missing | _] ->
        raise ArgumentError,
              "on_delete: #{inspect({kind, columns})} is impossible: table #{inspect(table.name)} has " <>
                "no column #{inspect(missing)}"
    end
  end

  @doc "Drops those of these columns, or of the whole table."
  @spec drop(meta(), Table.t(), [String.t()] | :all, keyword()) :: :ok
  def drop(meta, table, columns, opts) do
    for {name, _sql} <- triggers(meta, table, columns),
        do: run(meta, ["DROP TRIGGER " | Quote.table(table.prefix, name)], opts)

    :ok
  end

  @doc "A trigger holds the default values that columns had when it was made: after a change, makes it again."
  @spec refresh(meta(), Table.t(), [tuple()], keyword()) :: :ok
  def refresh(meta, table, changes, opts) do
    if Enum.any?(changes, &match?({:modify, _name, _type, [_ | _]}, &1)) do
      defaults = defaults(meta, table)

      for {name, sql} <- triggers(meta, table, :all),
          new = DDL.Action.with_defaults(sql, defaults),
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
        DDL.Action.trigger?(sql, table, columns),
        do: {name, sql}
  end

  defp defaults(meta, table) do
    columns = Catalog.columns(meta, to_string(table.name), table.prefix)
    Map.new(columns, &{&1.name, &1.default})
  end

  defp run(meta, sql, opts),
    do: Ecto.Adapters.SQL.query!(meta, IO.iodata_to_binary(sql), [], opts)
end
