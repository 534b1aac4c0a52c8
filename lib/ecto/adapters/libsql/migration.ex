defmodule Ecto.Adapters.LibSql.Migration do
  @moduledoc false
  # Migration commands with the database in view: what SQLite cannot alter is rebuilt, arrays become
  # JSON columns, conditional changes look first, and actions on single columns become triggers.

  alias Ecto.Adapters.LibSql.{Alter, CreateTable, Ddl, Dependents, Schema, TableRebuild, Tokens}
  alias Ecto.Adapters.LibSql.Ddl.{Action, Default, DefaultForm, Sequence}
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.{Constraint, Index, Reference, Table}

  @drops [:drop, :drop_if_exists]

  @spec execute(Ecto.Adapter.adapter_meta(), Ecto.Adapter.Migration.command(), keyword()) ::
          {:ok, list()}
  def execute(meta, command, opts) do
    cond do
      Ecto.Adapters.SQL.in_transaction?(meta) -> run(meta, command, opts)
      there_already?(meta, command, opts) -> {:ok, []}
      text?(command) -> text(meta, command, opts)
      true -> whole(meta, command, opts)
    end
  end

  # Looking first needs no write lock, which a migration of another node may hold for long. Inside a
  # transaction it would be a read before a write, see write_lock/3.
  defp there_already?(meta, {:create_if_not_exists, %Table{} = table, _columns}, opts),
    do: Schema.exists?(meta, to_string(table.name), table.prefix, opts)

  defp there_already?(_meta, _command, _opts), do: false

  # The user's own statements may be of those that no transaction can hold.
  defp text?(command), do: is_binary(command) or is_list(command)

  # One command may be several statements, of which a migration without a transaction must not do half.
  # They also need one connection: another one may not know yet what the first has altered.
  defp whole(meta, command, opts) do
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
    table = Schema.table!(meta, table)
    changes = Alter.resolve(changes, columns(meta, table))
    {changes, actions} = prepare(changes)
    drop_triggers(meta, table, Alter.replaced(changes), opts)

    cond do
      changes == [] -> :ok
      Alter.direct?(meta, table, changes) -> alter(meta, table, changes, opts)
      true -> rebuild(meta, table, changes, opts)
    end

    refresh_triggers(meta, table, changes, opts)
    Enum.each(Sequence.restarts(table, changes), &statement(meta, &1, opts))
    create_triggers(meta, table, actions, opts)
  end

  # What nothing refers to has nothing to cascade to.
  defp run(meta, {command, %Table{} = table, _mode}, opts) when command in @drops do
    write_lock(meta, table.name, table.prefix)
    unreferenced!(meta, table)
    drop_triggers(meta, table, :all, opts)
    text(meta, {command, table, :restrict}, opts)
  end

  defp run(meta, {:rename, %Index{} = index, name}, opts) do
    index = %{index | prefix: index.prefix || "main"}
    write_lock(meta, index.table, index.prefix)

    case Schema.sql(meta, "index", to_string(index.name), index.prefix) do
      nil ->
        raise ArgumentError, "cannot rename index #{inspect(index.name)}: it does not exist"

      sql ->
        statement(meta, ["DROP INDEX " | Quote.table(index.prefix, index.name)], opts)
        statement(meta, renamed(sql, Quote.table(index.prefix, name)), opts)
        {:ok, []}
    end
  end

  defp run(meta, {:create, %Constraint{check: check} = constraint}, opts)
       when is_binary(check) do
    name = to_string(constraint.name)

    definition = [
      ["CONSTRAINT ", Quote.name(name), ?\s, Ddl.Table.comment(constraint.comment)],
      ["CHECK (", check, ?)]
    ]

    edit = fn table ->
      if CreateTable.constraint?(table, name) do
        raise ArgumentError, "table #{constraint.table} has a constraint #{inspect(name)} already"
      end

      CreateTable.add_constraint(table, definition)
    end

    opts = Keyword.put(opts, :check, constraint.validate)
    TableRebuild.run(meta, table(meta, constraint), [], edit, opts)
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

    TableRebuild.run(meta, table(meta, constraint), [], edit, opts)
    {:ok, []}
  end

  defp run(meta, command, opts), do: text(meta, command, opts)

  defp create(meta, {command, table, columns}, opts) do
    random_rowid!(meta, table)
    {columns, actions} = prepare(columns)
    text(meta, {command, table, columns}, opts)
    create_triggers(meta, table, actions, opts, command == :create_if_not_exists)
  end

  defp text(meta, command, opts) do
    command |> Ddl.execute_ddl() |> Enum.each(&statement(meta, &1, opts))
    {:ok, []}
  end

  defp statement(meta, sql, opts),
    do: Ecto.Adapters.SQL.query!(meta, IO.iodata_to_binary(sql), [], opts)

  defp table(meta, constraint) do
    write_lock(meta, constraint.table, constraint.prefix)
    Schema.table!(meta, %Table{name: constraint.table, prefix: constraint.prefix})
  end

  # A transaction that reads before it writes fails if somebody else writes in between, and the commands
  # here look at the schema first. A table that is not there is found out about later.
  defp write_lock(meta, table, prefix) do
    if Ecto.Adapters.SQL.in_transaction?(meta) do
      sql = ["DELETE FROM ", Quote.table(prefix || "main", table), " WHERE 0"]
      Ecto.Adapters.SQL.query(meta, IO.iodata_to_binary(sql), [], log: false)
    end
  end

  defp columns(meta, table), do: Schema.columns(meta, to_string(table.name), table.prefix)

  # SQLite looks for views that break, but not for triggers.
  defp alter(meta, table, changes, opts) do
    removes? = Enum.any?(changes, &(elem(&1, 0) == :remove))
    working = if removes?, do: Dependents.working(meta, table.prefix), else: []
    text(meta, {:alter, table, changes}, opts)
    Dependents.check!(meta, table, working)
  end

  defp rebuild(meta, table, changes, opts) do
    if not meta.libsql.local? do
      raise ArgumentError,
            "table #{inspect(table.name)} must be rebuilt for this change, which a remote connection " <>
              "cannot do safely; run the migration on the database file, or create a new table"
    end

    removed = for change <- changes, elem(change, 0) == :remove, do: to_string(elem(change, 1))
    opts = Keyword.put(opts, :casts, Alter.casts(changes))
    opts = Keyword.put(opts, :references, not Enum.any?(changes, &unchecked?/1))
    TableRebuild.run(meta, table, removed, &Alter.apply_all(&1, table, changes), opts)
  end

  defp unchecked?({_command, _name, %Reference{validate: false}, _opts}), do: true
  defp unchecked?(_change), do: false

  # Dropping a table deletes its rows first, and with them those of children that cascade.
  defp unreferenced!(meta, table) do
    case Schema.referring(meta, to_string(table.name), table.prefix) do
      [] ->
        :ok

      others ->
        raise ArgumentError,
              "cannot drop table #{inspect(table.name)}: foreign keys of " <>
                "#{Enum.map_join(others, ", ", &inspect/1)} refer to it"
    end
  end

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

  ## Columns

  defp prepare(changes) do
    {changes, actions} = changes |> Enum.map(&prepare_change/1) |> Enum.unzip()
    {changes, Enum.concat(actions)}
  end

  defp prepare_change({command, name, type, opts}) when command in [:add, :modify] do
    {type, actions} = Action.split(name, type)
    opts = default(opts, type)
    {{command, name, type |> storable() |> deferrable(opts), opts}, actions}
  end

  defp prepare_change({:remove, name, _type, _opts}), do: {{:remove, name}, []}
  defp prepare_change({:remove, name}), do: {{:remove, name}, []}

  defp create_triggers(meta, table, actions, opts, unless_there? \\ false)
  defp create_triggers(_meta, _table, [], _opts, _unless_there?), do: {:ok, []}

  defp create_triggers(meta, table, actions, opts, unless_there?) do
    defaults = defaults(meta, table)
    Enum.each(actions, &statement(meta, Action.trigger(table, &1, defaults, unless_there?), opts))
    {:ok, []}
  end

  # The triggers of the actions on these columns, or of the whole table.
  defp drop_triggers(meta, table, columns, opts) do
    for {name, _sql} <- action_triggers(meta, table, columns),
        do: statement(meta, ["DROP TRIGGER " | Quote.table(table.prefix, name)], opts)
  end

  # A trigger holds the default values that columns had when it was made.
  defp refresh_triggers(meta, table, changes, opts) do
    if Enum.any?(changes, &match?({:modify, _name, _type, [_ | _]}, &1)) do
      defaults = defaults(meta, table)

      for {name, sql} <- action_triggers(meta, table, :all),
          new = Action.with_defaults(sql, defaults),
          new != sql do
        statement(meta, ["DROP TRIGGER " | Quote.table(table.prefix, name)], opts)
        statement(meta, Schema.located(new, table.prefix), opts)
      end
    end
  end

  defp action_triggers(meta, table, columns) do
    master = [Schema.database(table.prefix), "sqlite_master"]

    for [name, sql] <-
          Schema.rows(meta, ["SELECT name, sql FROM ", master, " WHERE type = 'trigger'"]),
        Action.trigger?(sql, table, columns),
        do: {name, sql}
  end

  defp defaults(meta, table), do: Map.new(columns(meta, table), &{&1.name, &1.default})

  # Arrays are JSON texts; DDL takes a type given as text as it is.
  defp storable({:array, _inner}), do: :map
  defp storable(%Reference{} = reference), do: %{reference | type: storable(reference.type)}
  defp storable(type), do: type

  # Ecto's references/2 passes on no options of an adapter, a column does.
  defp deferrable(%Reference{} = reference, opts) do
    case Keyword.fetch(opts, :deferrable) do
      {:ok, value} -> %{reference | options: [{:deferrable, value} | reference.options || []]}
      :error -> reference
    end
  end

  defp deferrable(type, _opts), do: type

  defp default(opts, type) do
    case Keyword.fetch(opts, :default) do
      {:ok, {:fragment, sql}} ->
        Keyword.put(opts, :default, {:fragment, fragment(sql, type)})

      # The type is gone once the column is text, and bits and arrays need it.
      {:ok, value}
      when (is_bitstring(value) and type == :bitstring) or
             (is_list(value) and elem(type, 0) == :array) ->
        Keyword.put(opts, :default, literal(value, type))

      _other ->
        opts
    end
  end

  defp literal(value, type) do
    with sql when sql != nil <- Default.literal(value, type),
         do: {:fragment, IO.iodata_to_binary(sql)}
  end

  defp fragment(sql, type) do
    now = if sql =~ ~r/^\s*CURRENT_TIMESTAMP\s*$/i, do: DefaultForm.now(type)
    now || Default.parenthesise(sql)
  end

  defp renamed(sql, name) do
    # CREATE [UNIQUE] INDEX [IF NOT EXISTS] name ON …
    {before, [_name | rest]} =
      sql
      |> Tokens.scan()
      |> Enum.split_while(&(Tokens.keyword(&1) != "ON"))
      |> then(fn {head, on} ->
        {spaces, [name | before]} =
          head |> Enum.reverse() |> Enum.split_while(&match?({:space, _}, &1))

        {Enum.reverse(before), [name | Enum.reverse(spaces) ++ on]}
      end)

    [Tokens.text(before), name, Tokens.text(rest)]
  end
end
