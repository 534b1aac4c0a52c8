defmodule Ecto.Adapters.LibSql.Migration.DDL do
  @moduledoc false
  # Generates the text of one migration command, without reading the schema. What needs the definition of a
  # table (rebuilds, constraints, conditional changes) is done by Runner.

  alias Ecto.Adapters.LibSql.Migration.DDL
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration

  @creates [:create, :create_if_not_exists]
  @drops [:drop, :drop_if_exists]

  @spec execute_ddl(Ecto.Adapter.Migration.command()) :: [iodata()]
  def execute_ddl({command, %Migration.Table{} = table, columns}) when command in @creates do
    if DDL.VirtualTable.virtual?(table),
      do: DDL.VirtualTable.create(command, table, columns),
      else: DDL.Table.create(command, table, columns)
  end

  def execute_ddl({command, %Migration.Table{} = table, mode}) when command in @drops do
    if mode == :cascade do
      raise ArgumentError,
            "SQLite has no DROP TABLE ... CASCADE; drop the tables that refer to " <>
              "#{inspect(table.name)} first"
    end

    [["DROP TABLE ", if_exists(command), Quote.table(table.prefix, table.name)]]
  end

  def execute_ddl({:alter, %Migration.Table{} = table, changes}) do
    DDL.Table.check_alter!(table)

    if table.comment do
      raise ArgumentError,
            "ALTER TABLE writes no comments; migrations edit the definition of the table instead"
    end

    Enum.map(changes, &alter(table, &1))
  end

  def execute_ddl({:rename, %Migration.Table{} = table, %Migration.Table{} = other}) do
    if other.prefix not in [nil, table.prefix] do
      raise ArgumentError,
            "a table cannot be renamed into another database: #{inspect(table.name)} is in " <>
              "#{inspect(table.prefix)}, #{inspect(other.name)} in #{inspect(other.prefix)}"
    end

    [[alter_table(table), " RENAME TO " | Quote.name(other.name)]]
  end

  def execute_ddl({:rename, %Migration.Table{} = table, from, to}) do
    table = Quote.table(table.prefix, table.name)
    [["ALTER TABLE ", table, " RENAME COLUMN ", Quote.name(from), " TO ", Quote.name(to)]]
  end

  def execute_ddl({command, %Migration.Index{} = index}) when command in @creates,
    do: [DDL.Index.create(command, index)]

  def execute_ddl({command, %Migration.Index{} = index, _mode}) when command in @drops,
    do: [["DROP INDEX ", if_exists(command), Quote.table(index.prefix, index.name)]]

  def execute_ddl({:rename, %Migration.Index{} = index, _name}) do
    raise ArgumentError,
          "SQLite cannot rename the index #{inspect(index.name)}; migrations drop and create it " <>
            "again, Connection.execute_ddl/1 does not know its definition"
  end

  def execute_ddl({:create, %Migration.Constraint{}}) do
    raise ArgumentError,
          "LibSQL/SQLite does not support ALTER TABLE ADD CONSTRAINT. Migrations rebuild the table; " <>
            "in text, write the constraint into CREATE TABLE."
  end

  def execute_ddl({command, %Migration.Constraint{}, _mode}) when command in @drops do
    raise ArgumentError,
          "LibSQL/SQLite does not support ALTER TABLE DROP CONSTRAINT. Migrations rebuild the table."
  end

  def execute_ddl(text) when is_binary(text), do: [text]

  def execute_ddl([{key, _value} | _] = keyword) when is_atom(key) do
    raise ArgumentError,
          "keyword lists in execute are not supported, got: #{inspect(keyword)}; write the SQL as text"
  end

  def execute_ddl(iodata) when is_list(iodata), do: [iodata]

  defp alter(table, {:add, name, type, opts}),
    do: [alter_table(table), " ADD COLUMN " | DDL.Column.definition(table, name, type, opts)]

  # ALTER COLUMN exists in libSQL only, and affects new rows only; migrations rebuild the table instead.
  defp alter(table, {:modify, name, type, opts}) do
    definition = DDL.Column.definition(table, name, type, opts)
    [alter_table(table), " ALTER COLUMN ", Quote.name(name), " TO " | definition]
  end

  defp alter(table, {:remove, name}), do: [alter_table(table), " DROP COLUMN " | Quote.name(name)]

  defp alter(table, {:remove, name, _type, _opts}), do: alter(table, {:remove, name})

  defp alter(table, {kind, name, _type, _opts}) when kind == :add_if_not_exists,
    do: conditional!(table, kind, name)

  defp alter(table, {:remove_if_exists, name, _type}),
    do: conditional!(table, :remove_if_exists, name)

  defp alter(table, {:remove_if_exists, name}), do: conditional!(table, :remove_if_exists, name)

  defp conditional!(table, kind, name) do
    raise ArgumentError,
          "#{kind} of #{inspect(name)} depends on the columns of #{inspect(table.name)}, which migrations " <>
            "read and Connection.execute_ddl/1 does not"
  end

  defp alter_table(table), do: ["ALTER TABLE " | Quote.table(table.prefix, table.name)]

  defp if_exists(:drop_if_exists), do: "IF EXISTS "
  defp if_exists(:drop), do: []
end
