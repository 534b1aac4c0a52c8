defmodule Ecto.Adapters.LibSql.Migration.Alter do
  @moduledoc false
  # Decides which changes of `alter table` SQLite's ALTER TABLE can make, and applies all of them to the
  # definition of a table for a rebuild.

  alias Ecto.Adapters.LibSql.{Catalog, Definition, Types}
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.Migration.{DDL, ModifyColumn}
  alias Ecto.Migration.Reference

  @type change :: tuple()

  @doc "Replaces add_if_not_exists and remove_if_exists by add, remove or nothing, as the columns require."
  @spec resolve([change()], [Catalog.column()]) :: [change()]
  def resolve(changes, columns) do
    names = MapSet.new(columns, &Tokenizer.fold(&1.name))
    {changes, _names} = Enum.flat_map_reduce(changes, names, &resolve_one/2)
    changes
  end

  # `names` are the columns after the preceding changes.
  defp resolve_one({:add_if_not_exists, name, type, opts}, names) do
    if MapSet.member?(names, key(name)),
      do: {[], names},
      else: {[{:add, name, type, opts}], MapSet.put(names, key(name))}
  end

  defp resolve_one({:remove_if_exists, name, _type}, names),
    do: resolve_one({:remove_if_exists, name}, names)

  defp resolve_one({:remove_if_exists, name}, names) do
    if MapSet.member?(names, key(name)),
      do: {[{:remove, name}], MapSet.delete(names, key(name))},
      else: {[], names}
  end

  defp resolve_one({:add, name, _type, _opts} = change, names),
    do: {[change], MapSet.put(names, key(name))}

  defp resolve_one(change, names) when elem(change, 0) == :remove,
    do: {[change], MapSet.delete(names, key(elem(change, 1)))}

  defp resolve_one({:modify, _name, _type, _opts} = change, names), do: {[change], names}

  defp key(name), do: name |> to_string() |> Tokenizer.fold()

  @spec direct?(Ecto.Adapter.adapter_meta(), Ecto.Migration.Table.t(), [change()]) :: boolean()
  def direct?(_meta, %{comment: comment}, _changes) when is_binary(comment), do: false

  def direct?(meta, table, changes) do
    Enum.all?(changes, fn
      {:add, _name, type, opts} -> addable?(type, opts)
      {:remove, name} -> removable?(meta, table, to_string(name))
      {:modify, _name, _type, _opts} -> false
    end)
  end

  # ADD COLUMN refuses keys, NOT NULL without a default, defaults that are not constant, and a reference with a
  # default while foreign keys are checked (sqlite.org/lang_altertable.html#altertabaddcol).
  defp addable?(type, opts) do
    default = opts[:default]

    cond do
      opts[:primary_key] || opts[:start_value] || DDL.Column.stored?(opts) -> false
      match?({:fragment, _}, default) -> false
      opts[:null] == false and is_nil(default) -> false
      match?(%Reference{with: [_ | _]}, type) -> false
      match?(%Reference{}, type) and not is_nil(default) -> false
      true -> true
    end
  end

  # DROP COLUMN refuses keys, unique and indexed columns, and those of foreign keys and checks.
  defp removable?(meta, table, name) do
    sql = Catalog.sql(meta, "table", to_string(table.name), table.prefix)
    definition = sql && Definition.Table.parse(sql)
    item = definition && Definition.Table.column(definition, name)

    item != nil and
      Enum.all?(
        Definition.Column.parse(item.tokens).clauses,
        &(&1.kind in [:not_null, :null, :default, :collate, :comment])
      ) and
      Definition.Table.remove_column(definition, name).items == definition.items -- [item] and
      not indexed?(meta, table, name)
  end

  defp indexed?(meta, table, name) do
    Enum.any?(Catalog.indexes(meta, to_string(table.name), table.prefix), fn index ->
      index.partial or
        Enum.any?(index.columns, &(is_nil(&1) or Tokenizer.fold(&1) == Tokenizer.fold(name)))
    end)
  end

  @doc "The definition with all changes."
  @spec apply_all(Definition.Table.t(), Ecto.Migration.Table.t(), [change()]) ::
          Definition.Table.t()
  def apply_all(definition, table, changes) do
    definition = Enum.reduce(changes, definition, &apply_change(&1, &2, table))

    if table.comment,
      do: Definition.Table.put_comment(definition, DDL.Comment.sql(table.comment)),
      else: definition
  end

  defp apply_change({:add, name, type, opts}, definition, table) do
    keys =
      if opts[:primary_key],
        do: Definition.Table.primary_key(definition) ++ [to_string(name)],
        else: []

    opts = Keyword.put(opts, :strict, Definition.Table.strict?(definition))
    opts = if length(keys) == 1, do: Keyword.put(opts, :primary_key, :alone), else: opts

    definition
    |> Definition.Table.add_column(DDL.Column.definition(table, name, type, opts))
    |> add_foreign_key(table, name, type)
    |> then(&if length(keys) > 1, do: join_key(&1, keys), else: &1)
  end

  defp apply_change({:remove, name}, definition, _table) do
    if not Definition.Table.column?(definition, to_string(name)) do
      raise ArgumentError, "there is no column #{inspect(name)} to remove"
    end

    Definition.Table.remove_column(definition, to_string(name))
  end

  defp apply_change({:modify, name, type, opts}, definition, table) do
    column = to_string(name)

    if not Definition.Table.column?(definition, column) do
      raise ArgumentError,
            "there is no column #{inspect(name)} to modify in #{inspect(table.name)}"
    end

    definition =
      type
      |> dropped_keys(opts, column)
      |> Enum.reduce(definition, &unreference(&2, column, &1))

    opts = Keyword.put(opts, :strict, Definition.Table.strict?(definition))

    definition
    |> Definition.Table.update_column(column, &ModifyColumn.apply(&1, table, type, opts))
    |> add_foreign_key(table, name, type)
    |> put_keys(column, opts[:primary_key])
    |> forbid_null(column, type, opts)
  end

  @doc "The columns whose foreign keys these changes replace or remove, as far as triggers implement them."
  @spec replaced([change()]) :: [String.t()]
  def replaced(changes) do
    for change <- changes, replaces?(change), do: to_string(elem(change, 1))
  end

  defp replaces?({:modify, _name, type, opts}), do: drops_reference?(type, opts)
  defp replaces?(change), do: elem(change, 0) == :remove

  defp drops_reference?(type, opts), do: dropped_keys(type, opts, "") != []

  # The columns of each foreign key that is removed: the one that `from:` names, and those over the same columns
  # as the new reference. A key that only shares a column with these stays.
  defp dropped_keys(type, opts, column) do
    old =
      for %Reference{} = reference <- ModifyColumn.was(opts), do: key_columns(column, reference)

    new = for %Reference{} = reference <- [type], do: [[column], key_columns(column, reference)]
    Enum.uniq(old ++ Enum.concat(new))
  end

  defp key_columns(column, %Reference{with: with}),
    do: [column | for({own, _parent} <- with, do: to_string(own))]

  defp unreference(definition, column, columns) do
    definition = Definition.Table.remove_foreign_key(definition, columns)
    if columns == [column], do: unreference_column(definition, column), else: definition
  end

  defp unreference_column(definition, column),
    do:
      Definition.Table.update_column(
        definition,
        column,
        &Definition.Column.put(&1, :references, nil)
      )

  defp add_foreign_key(definition, table, name, %Reference{with: [_ | _]} = reference),
    do:
      Definition.Table.add_constraint(definition, DDL.Column.foreign_key(table, name, reference))

  defp add_foreign_key(definition, _table, _name, _type), do: definition

  ## Keys

  # A column that is in the key already leaves its text as it is.
  defp put_keys(definition, column, key?) do
    keys = Definition.Table.primary_key(definition)
    key = Tokenizer.fold(column)

    case {key?, key in keys} do
      {true, false} -> Definition.Table.put_primary_key(definition, keys ++ [column])
      {false, true} -> Definition.Table.put_primary_key(definition, keys -- [key])
      _as_it_is -> definition
    end
  end

  # As in CREATE TABLE: SQLite accepts NULL in any primary key but a rowid, so NOT NULL is added.
  defp forbid_null(definition, column, type, opts) do
    keys = Definition.Table.primary_key(definition)

    cond do
      opts[:null] == true or Tokenizer.fold(column) not in keys -> definition
      length(keys) > 1 and opts[:primary_key] != true -> definition
      length(keys) == 1 and Types.rowid?(plain(type)) -> definition
      true -> not_null(definition, keys)
    end
  end

  # The key of one column may have been the rowid, which needs no NOT NULL.
  defp join_key(definition, keys),
    do: definition |> Definition.Table.put_primary_key(keys) |> not_null(keys)

  defp not_null(definition, keys),
    do: Enum.reduce(keys, definition, &Definition.Table.update_column(&2, &1, not_null()))

  defp not_null, do: &Definition.Column.put(&1, :not_null, "NOT NULL")

  defp plain(%Reference{type: type}), do: type
  defp plain(type), do: type

  @doc """
  Removes a constraint by name; a foreign key without a name answers to `table_column_fkey`.
  """
  @spec remove_constraint(Definition.Table.t(), String.t(), String.t()) ::
          {:ok, Definition.Table.t()} | :error
  def remove_constraint(definition, table, name) do
    with :error <- Definition.Table.remove_constraint(definition, name),
         [_, column] <- Regex.run(~r/^#{Regex.escape(table)}_(.+)_fkey$/, name),
         true <- Definition.Table.column?(definition, column),
         changed when changed != definition <- unreference_by_name(definition, column) do
      {:ok, changed}
    else
      {:ok, _definition} = done -> done
      _nothing_found -> :error
    end
  end

  # Without a name, keys of one column and of several that begin with it are both `table_column_fkey`.
  defp unreference_by_name(definition, column) do
    single = unreference(definition, column, [column])
    several = Definition.Table.composite_from(definition, column)

    if single == definition and several != [],
      do: Definition.Table.remove_foreign_key(definition, several),
      else: single
  end
end
