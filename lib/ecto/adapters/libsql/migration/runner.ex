defmodule Ecto.Adapters.LibSql.Migration.Runner do
  @moduledoc false
  # Runs migration commands. It looks at the schema first: what ALTER TABLE cannot change is rebuilt, what would
  # break something else is refused, conditional changes are resolved, and actions on single columns become
  # triggers.

  alias Ecto.Adapters.LibSql.{Catalog, Definition}
  alias Ecto.Adapters.LibSql.Definition.Tokenizer

  alias Ecto.Adapters.LibSql.Migration.{
    Alter,
    ColumnOptions,
    Conversion,
    DDL,
    Dependents,
    KeysOff,
    OnDeleteTriggers,
    Rebuild,
    References
  }

  alias Ecto.Adapters.LibSql.SQL.Quote

  alias Ecto.Migration.{Constraint, Index, Reference, Table}

  @drops [:drop, :drop_if_exists]

  @spec execute(Ecto.Adapter.adapter_meta(), Ecto.Adapter.Migration.command(), keyword()) ::
          {:ok, list()}
  def execute(meta, command, opts) do
    # Before the first read, also of a command that turns out to change nothing.
    write_lock(meta, meta.libsql.migration_source, nil)

    cond do
      Ecto.Adapters.SQL.in_transaction?(meta) -> run(meta, command, opts)
      there_already?(meta, command, opts) -> {:ok, []}
      text?(command) -> text(meta, command, opts)
      true -> whole(meta, command, opts)
    end
  end

  # Reading needs no write lock, which a migration of another node may hold for long. Inside a transaction it
  # would be a read before a write, see write_lock/3.
  defp there_already?(meta, {:create_if_not_exists, %Table{} = table, _columns}, opts),
    do: Catalog.exists?(meta, to_string(table.name), table.prefix, opts)

  defp there_already?(_meta, _command, _opts), do: false

  # The user's own statements may be such as cannot run inside a transaction.
  defp text?(command), do: is_binary(command) or is_list(command)

  # One command may be several statements, which run as a whole also in a migration without a transaction. They
  # need one connection, because another one may have read the old schema.
  defp whole(meta, command, opts) do
    if not meta.libsql.local? and may_rebuild?(command),
      do: KeysOff.transaction(meta, opts, fn -> run(meta, command, opts) end),
      else: in_transaction(meta, command, opts)
  end

  defp may_rebuild?({:alter, _table, _changes}), do: true
  defp may_rebuild?({:create, %Constraint{}}), do: true
  defp may_rebuild?({_drop, %Constraint{}, _mode}), do: true
  defp may_rebuild?(_command), do: false

  defp in_transaction(meta, command, opts) do
    transaction = Keyword.put(opts, :mode, :immediate)

    {:ok, done} =
      Ecto.Adapters.SQL.transaction(meta, transaction, fn -> run(meta, command, opts) end)

    done
  end

  ## Commands

  defp run(meta, {command, %Table{} = _table, _columns} = create, opts)
       when command in [:create, :create_if_not_exists],
       do: create(meta, create, opts)

  defp run(meta, {:alter, %Table{} = table, changes}, opts) do
    write_lock(meta, table.name, table.prefix)
    DDL.Table.check_alter!(table)
    table = Catalog.table!(meta, table)
    changes = Alter.resolve(changes, columns(meta, table))
    {changes, conversions} = Conversion.Plan.plan(meta, table, changes)
    {changes, actions} = ColumnOptions.prepare(changes)
    OnDeleteTriggers.drop(meta, table, Alter.replaced(changes), opts)

    cond do
      changes == [] and is_nil(table.comment) -> :ok
      Alter.direct?(meta, table, changes) -> alter(meta, table, changes, opts)
      true -> rebuild(meta, table, changes, conversions, opts)
    end

    OnDeleteTriggers.refresh(meta, table, changes, opts)
    Enum.each(DDL.Sequence.restarts(table, changes), &statement(meta, &1, opts))
    OnDeleteTriggers.create(meta, table, actions, opts)
    {:ok, []}
  end

  defp run(meta, {command, %Table{} = table, mode}, opts) when command in @drops do
    write_lock(meta, table.name, table.prefix)

    table = in_main(meta, table, opts)

    if command == :drop or Catalog.exists?(meta, to_string(table.name), table.prefix, opts),
      do: drop(meta, table, mode, {command, table, :restrict}, opts),
      else: text(meta, {command, table, :restrict}, opts)
  end

  defp run(meta, {command, %Index{} = index, _mode}, opts) when command in @drops do
    write_lock(meta, index.table, index.prefix)
    References.no_parent_key!(meta, index)
    there? = Catalog.sql(meta, "index", to_string(index.name), index.prefix) != nil
    index = if there?, do: %{index | prefix: index.prefix || "main"}, else: index
    text(meta, {command, index, :restrict}, opts)
  end

  defp run(meta, {:rename, %Table{} = table, %Table{} = other}, opts) do
    table = renamable(meta, table, :table, opts)
    text(meta, {:rename, table, other}, opts)
  end

  defp run(meta, {:rename, %Table{} = table, from, to}, opts) do
    table = renamable(meta, table, from, opts)
    text(meta, {:rename, table, from, to}, opts)
  end

  defp run(meta, {:rename, %Index{} = index, name}, opts) do
    index = %{index | prefix: index.prefix || "main"}
    write_lock(meta, index.table, index.prefix)

    case Catalog.sql(meta, "index", to_string(index.name), index.prefix) do
      nil ->
        raise ArgumentError, "cannot rename index #{inspect(index.name)}: it does not exist"

      sql ->
        statement(meta, ["DROP INDEX " | Quote.table(index.prefix, index.name)], opts)
        statement(meta, renamed(sql, Quote.table(index.prefix, name)), opts)
        {:ok, []}
    end
  end

  defp run(meta, {:create, %Constraint{check: check, exclude: nil} = constraint}, opts)
       when is_binary(check) do
    name = to_string(constraint.name)

    definition = [
      ["CONSTRAINT ", Quote.name(name), ?\s, DDL.Comment.sql(constraint.comment)],
      ["CHECK (", check, ?)]
    ]

    edit = fn table ->
      if Definition.Table.constraint?(table, name) do
        raise ArgumentError, "table #{constraint.table} has a constraint #{inspect(name)} already"
      end

      Definition.Table.add_constraint(table, definition)
    end

    opts = Keyword.put(opts, :check, constraint.validate)
    Rebuild.run(meta, table(meta, constraint), edit, opts)
    {:ok, []}
  end

  defp run(_meta, {:create, %Constraint{} = constraint}, _opts) do
    raise ArgumentError,
          "SQLite has no exclusion constraints, got: #{inspect(constraint.name)}; a unique index or a " <>
            "trigger may serve instead"
  end

  defp run(meta, {command, %Constraint{} = constraint, _mode}, opts) when command in @drops do
    name = to_string(constraint.name)

    edit = fn definition ->
      case Alter.remove_constraint(definition, to_string(constraint.table), name) do
        {:ok, changed} ->
          changed

        :error when command == :drop_if_exists ->
          definition

        :error ->
          raise ArgumentError, "table #{constraint.table} has no constraint #{inspect(name)}"
      end
    end

    Rebuild.run(meta, table(meta, constraint), edit, opts)
    {:ok, []}
  end

  defp run(meta, command, opts), do: text(meta, command, opts)

  defp create(meta, {command, table, columns}, opts) do
    random_rowid!(meta, table)
    {columns, actions} = ColumnOptions.prepare(columns)
    text(meta, {command, table, columns}, opts)
    OnDeleteTriggers.create(meta, table, actions, opts, command == :create_if_not_exists)
    {:ok, []}
  end

  defp drop(meta, table, mode, command, opts) do
    References.droppable!(meta, table, mode)
    working = Dependents.working_without(meta, table)
    OnDeleteTriggers.drop(meta, table, :all, opts)
    text(meta, command, opts)
    Dependents.check!(meta, table, working)
    {:ok, []}
  end

  defp renamable(meta, table, column, opts) do
    write_lock(meta, table.name, table.prefix)
    References.unsearched!(meta, table, column)
    in_main(meta, table, opts)
  end

  # SQLite prefers a temporary table of this name; it is meant only if the main database has none.
  defp in_main(meta, table, opts) do
    if is_nil(table.prefix) and Catalog.exists?(meta, to_string(table.name), nil, opts),
      do: %{table | prefix: "main"},
      else: table
  end

  defp text(meta, command, opts) do
    command |> DDL.execute_ddl() |> Enum.each(&statement(meta, &1, opts))
    {:ok, []}
  end

  defp statement(meta, sql, opts),
    do: Ecto.Adapters.SQL.query!(meta, IO.iodata_to_binary(sql), [], opts)

  defp table(meta, constraint) do
    write_lock(meta, constraint.table, constraint.prefix)
    Catalog.table!(meta, %Table{name: constraint.table, prefix: constraint.prefix})
  end

  # A deferred transaction that reads the schema before it writes fails if another one writes in between: a
  # DELETE of no row takes the write lock. That the table does not exist is reported later.
  defp write_lock(meta, table, prefix) do
    if Ecto.Adapters.SQL.in_transaction?(meta) do
      sql = ["DELETE FROM ", Quote.table(prefix || "main", table), " WHERE 0"]
      Ecto.Adapters.SQL.query(meta, IO.iodata_to_binary(sql), [], log: false)
    end
  end

  defp columns(meta, table), do: Catalog.columns(meta, to_string(table.name), table.prefix)

  # ALTER TABLE refuses to break a view, but not a trigger.
  defp alter(meta, table, changes, opts) do
    removes? = Enum.any?(changes, &(elem(&1, 0) == :remove))
    working = if removes?, do: Dependents.working(meta, table.prefix), else: []
    text(meta, {:alter, table, changes}, opts)
    Dependents.check!(meta, table, working)
  end

  defp rebuild(meta, table, changes, conversions, opts) do
    removed = for change <- changes, elem(change, 0) == :remove, do: to_string(elem(change, 1))
    references = not Enum.any?(changes, &unchecked?/1)
    asked = [removed: removed, conversions: conversions, references: references]
    Rebuild.run(meta, table, &Alter.apply_all(&1, table, changes), asked ++ opts)
  end

  defp unchecked?({_command, _name, %Reference{validate: false}, _opts}), do: true
  defp unchecked?(_change), do: false

  defp random_rowid!(meta, table) do
    asked? = random_rowid?(table.options)

    if asked? and meta.libsql.dialect in [nil, :auto, :sqlite] do
      raise ArgumentError,
            "RANDOM ROWID is a feature of libSQL servers; set `dialect: :libsql` in the repository if " <>
              "table #{inspect(table.name)} is created on one"
    end
  end

  defp random_rowid?(text) when is_binary(text), do: text =~ ~r/\bRANDOM\s+ROWID\b/i
  defp random_rowid?(list) when is_list(list), do: {:random_rowid, true} in list
  defp random_rowid?(nil), do: false

  defp renamed(sql, name) do
    # CREATE [UNIQUE] INDEX [IF NOT EXISTS] name ON …
    {before, [_name | rest]} =
      sql
      |> Tokenizer.scan()
      |> Enum.split_while(&(Tokenizer.keyword(&1) != "ON"))
      |> then(fn {head, on} ->
        {spaces, [name | before]} =
          head |> Enum.reverse() |> Enum.split_while(&match?({:space, _}, &1))

        {Enum.reverse(before), [name | Enum.reverse(spaces) ++ on]}
      end)

    [Tokenizer.text(before), name, Tokenizer.text(rest)]
  end
end
