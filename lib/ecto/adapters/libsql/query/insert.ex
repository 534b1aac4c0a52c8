defmodule Ecto.Adapters.LibSql.Query.Insert do
  @moduledoc false
  # Inserts as Ecto hands them over. What the text level cannot do needs the table: the default value of
  # a field that only some or no rows have, the columns of a constraint named as conflict target, and more
  # parameters than one statement takes.

  alias Ecto.Adapters.LibSql.{Catalog, Plan, SQL}
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.Migration.DDL
  alias Ecto.Adapters.LibSql.Query.Transaction
  alias Ecto.Adapters.LibSql.SQL.Typing.Uuid

  # Structs that are values, not parts of a query.
  @scalars [Decimal, Date, Time, NaiveDateTime, DateTime]

  @spec insert(map(), map(), keyword(), tuple(), list(), keyword()) :: term()
  def insert(meta, %{source: source, prefix: prefix}, params, on_conflict, returning, opts) do
    {kind, conflict_params, _target} = on_conflict
    {fields, values} = Enum.unzip(params)
    on_conflict = resolve_target(meta, prefix, source, on_conflict)
    {header, row} = some_field(meta, prefix, source, fields, fields, on_conflict)
    sql = SQL.Insert.insert(prefix, source, header, [row], on_conflict, returning, [], nil)
    {sql, params} = bound(sql, values ++ conflict_params, nil, on_conflict)

    Ecto.Adapters.SQL.struct(
      meta,
      meta.sql,
      sql,
      :insert,
      source,
      [],
      params,
      kind,
      returning,
      opts
    )
  end

  @doc "The UPDATE of one row, else the DELETE where `fields` is nil."
  @spec write_one(map(), map(), keyword() | nil, keyword(), list(), keyword()) :: term()
  def write_one(meta, schema_meta, fields, filters, returning, opts) do
    %{source: source, prefix: prefix, schema: schema} = schema_meta
    filters = Uuid.filters(schema, filters)

    {operation, sql} =
      if fields,
        do:
          {:update, SQL.Update.update(prefix, source, Keyword.keys(fields), filters, returning)},
        else: {:delete, SQL.Update.delete(prefix, source, filters, returning)}

    params = Keyword.values(fields || []) ++ Uuid.parameters(filters)

    Ecto.Adapters.SQL.struct(
      meta,
      meta.sql,
      sql,
      operation,
      source,
      filters,
      params,
      :raise,
      returning,
      opts
    )
  end

  @spec insert_all(map(), map(), list(), term(), tuple(), list(), list(), keyword()) ::
          {non_neg_integer(), [list()] | nil}
  def insert_all(meta, schema, header, rows, on_conflict, returning, placeholders, opts) do
    %{source: source, prefix: prefix} = schema
    on_conflict = resolve_target(meta, prefix, source, on_conflict)
    write = &write(meta, schema, header, &1, &2, returning, placeholders, opts)

    case rows do
      {%Ecto.Query{} = query, params} ->
        {_, conflict_params, _} = on_conflict
        write.({query, types(schema, header), params, conflict_params}, on_conflict)

      rows when header == [] ->
        {header, row} = some_field(meta, prefix, source, [], [], on_conflict)
        write = &write(meta, schema, header, &1, &2, returning, placeholders, opts)
        {_, conflict_params, _} = on_conflict
        insert = fn -> write.({[row], nil, [], conflict_params}, on_conflict) end
        many(meta, Enum.map(rows, fn _row -> insert end), opts)

      rows ->
        insert_rows(meta, schema, header, rows, on_conflict, placeholders, write, opts)
    end
  end

  defp insert_rows(meta, schema, header, rows, on_conflict, placeholders, write, opts) do
    {_, conflict_params, _} = on_conflict
    room = Plan.max_parameters() - length(placeholders) - length(conflict_params)

    {{chunks, total}, types} =
      case plain(rows, header, []) do
        {:ok, params} ->
          {plain_chunks(params, header, length(rows), room), nil}

        # What queries select is written in the form of the column's type.
        :error ->
          {chunks(cells(meta, schema, header, rows), room), types(schema, header)}
      end

    statements =
      for {rows, params} <- chunks do
        on_conflict = shift(on_conflict, length(params) - total)
        fn -> write.({rows, types, params, conflict_params}, on_conflict) end
      end

    case statements do
      [statement] -> statement.()
      statements -> many(meta, statements, opts)
    end
  end

  # All rows have all fields in the header's order, and values only: nothing to look up.
  defp plain([], _header, params), do: {:ok, :lists.reverse(params)}

  defp plain([row | rows], header, params) do
    case plain_row(row, header, params) do
      :error -> :error
      params -> plain(rows, header, params)
    end
  end

  defp plain_row([{_key, {:placeholder, _}} | _], _header, _params), do: :error
  defp plain_row([{_key, {%Ecto.Query{}, _}} | _], _header, _params), do: :error

  defp plain_row([{key, value} | row], [key | keys], params),
    do: plain_row(row, keys, [value | params])

  defp plain_row([], [], params), do: params
  defp plain_row(_row, _header, _params), do: :error

  defp plain_chunks(params, header, count, room) do
    width = length(header)
    height = max(div(room, width), 1)
    chunks = if count <= height, do: [params], else: Enum.chunk_every(params, height * width)

    {for(chunk <- chunks, do: {List.duplicate(header, div(length(chunk), width)), chunk}),
     count * width}
  end

  # As many rows as fit, in order.
  defp chunks(cells, room) do
    chunks =
      Enum.chunk_while(
        cells,
        {[], 0},
        fn {_row, params} = cell, {taken, sum} ->
          width = length(params)

          if taken != [] and sum + width > room,
            do: {:cont, Enum.reverse(taken), {[cell], width}},
            else: {:cont, {[cell | taken], sum + width}}
        end,
        fn {taken, _sum} -> {:cont, Enum.reverse(taken), nil} end
      )

    if match?([_, _ | _], chunks), do: refuse_queries!(cells)
    {Enum.map(chunks, &join/1), cells |> Enum.map(&length(elem(&1, 1))) |> Enum.sum()}
  end

  defp join(chunk) do
    {rows, params} = Enum.unzip(chunk)
    {rows, Enum.concat(params)}
  end

  defp refuse_queries!(cells) do
    if Enum.any?(cells, fn {row, _} -> Enum.any?(row, &match?({%Ecto.Query{}, _}, &1)) end) do
      raise ArgumentError,
            "insert_all with queries as values must fit into #{Plan.max_parameters()} parameters; " <>
              "insert fewer rows at a time"
    end
  end

  # The parameters of an on_conflict query are numbered behind those of all rows.
  defp shift({%Ecto.Query{} = query, params, target}, by) do
    shifted = %{
      query
      | updates: Enum.map(query.updates, &%{&1 | expr: renumber(&1.expr, by)}),
        wheres: Enum.map(query.wheres, &%{&1 | expr: renumber(&1.expr, by)})
    }

    {shifted, params, target}
  end

  defp shift(on_conflict, _by), do: on_conflict

  defp renumber({:^, meta, [ix | rest]}, by) when is_integer(ix), do: {:^, meta, [ix + by | rest]}

  defp renumber({:values, meta, [types, ix, rows]}, by),
    do: {:values, meta, [types, ix + by, rows]}

  defp renumber(tuple, by) when is_tuple(tuple),
    do: tuple |> Tuple.to_list() |> renumber(by) |> List.to_tuple()

  defp renumber([head | tail], by), do: [renumber(head, by) | renumber(tail, by)]

  # Sub-queries, with all that they are made of, and tagged values.
  defp renumber(%module{} = struct, by) when module not in @scalars,
    do: struct(struct, struct |> Map.from_struct() |> renumber(by))

  defp renumber(%{} = map, by) when not is_struct(map),
    do: Map.new(map, fn {key, value} -> {key, renumber(value, by)} end)

  defp renumber(other, _by), do: other

  # Inside of a transaction a savepoint, so that a failure leaves that as it was.
  defp many(meta, statements, opts) do
    opts = if Ecto.Adapters.SQL.in_transaction?(meta), do: [mode: :savepoint] ++ opts, else: opts

    {:ok, results} = Transaction.run(meta, opts, fn -> Enum.map(statements, & &1.()) end)
    {counts, rows} = Enum.unzip(results)
    {Enum.sum(counts), if(hd(rows), do: Enum.concat(rows))}
  end

  defp write(
         meta,
         schema,
         header,
         {rows, types, params, conflict_params},
         on_conflict,
         returning,
         placeholders,
         opts
       ) do
    %{source: source, prefix: prefix} = schema

    {sql, params} =
      prefix
      |> SQL.Insert.insert(source, header, rows, on_conflict, returning, placeholders, types)
      |> bound(placeholders ++ params ++ conflict_params, types, on_conflict)

    opts = [source: source] ++ opts
    %{num_rows: count, rows: rows} = Ecto.Adapters.SQL.query!(meta, sql, params, opts)
    {count, rows}
  end

  defp types(%{schema: nil}, header), do: Enum.map(header, fn _field -> nil end)

  defp types(%{schema: schema}, header) do
    types =
      for field <- schema.__schema__(:fields),
          into: %{},
          do: {schema.__schema__(:field_source, field), schema.__schema__(:type, field)}

    Enum.map(header, &types[&1])
  end

  # A plan is needed for queries only, see SQL.Insert.insert/8.
  defp bound(sql, params, types, {action, _params, _target}) do
    sql = if types || is_map(action), do: Plan.new(sql, nil, length(params)), else: sql
    Plan.bind(sql, params)
  end

  ## Cells

  # `[{row, params}]`: what the text level wants, and the parameters of each row.
  defp cells(meta, schema, header, rows) do
    defaults = if Enum.all?(rows, &complete?(&1, header)), do: %{}, else: defaults(meta, schema)

    Enum.map(rows, fn fields ->
      header
      |> Enum.map(&cell(List.keyfind(fields, &1, 0), &1, defaults))
      |> Enum.unzip()
      |> then(fn {row, params} -> {row, Enum.concat(params)} end)
    end)
  end

  defp complete?(fields, header), do: Enum.all?(header, &List.keymember?(fields, &1, 0))

  defp cell({_key, {%Ecto.Query{} = query, params}}, _name, _defaults),
    do: {{query, length(params)}, params}

  defp cell({_key, {:placeholder, index}}, _name, _defaults), do: {{:placeholder, index}, []}
  defp cell({key, value}, _name, _defaults), do: {key, [value]}
  defp cell(nil, name, defaults), do: {{:default, default(defaults[to_string(name)])}, []}

  # NULL is what an absent field is without a default, and what makes SQLite number a row.
  defp default(nil), do: "NULL"
  defp default(sql), do: [?(, DDL.Default.parenthesise(sql), ?)]

  defp defaults(meta, %{source: source, prefix: prefix}) do
    Map.new(Catalog.columns(meta, source, prefix), &{&1.name, &1.default})
  end

  # DEFAULT VALUES takes no upsert clause, and OR IGNORE would hide other violations than conflicts as well, so
  # one column is given its default.
  defp some_field(_meta, _prefix, _source, header, row, {:raise, _, _}), do: {header, row}

  defp some_field(meta, prefix, source, [], _row, _on_conflict) do
    case Enum.find(Catalog.columns(meta, source, prefix), &(not &1.generated)) do
      # No table, of which SQLite says so.
      nil -> {[:_rowid_], [{:default, "NULL"}]}
      column -> {[column.name], [{:default, default(column.default)}]}
    end
  end

  defp some_field(_meta, _prefix, _source, header, row, _on_conflict), do: {header, row}

  ## Conflict targets

  defp resolve_target(meta, prefix, source, {action, params, [{:constraint, name}]}),
    do: {action, params, target!(meta, prefix, source, to_string(name))}

  defp resolve_target(_meta, _prefix, _source, on_conflict), do: on_conflict

  # The index's columns and condition as they were written, so that SQLite finds it again.
  defp target!(meta, prefix, source, name) do
    sql = Catalog.sql(meta, "index", name, prefix)

    cond do
      sql ->
        {:unsafe_fragment, indexed(sql)}

      name == "#{source}_pkey" ->
        for column <- Catalog.columns(meta, source, prefix), column.pk > 0, do: column.name

      true ->
        raise ArgumentError,
              "there is no unique index #{inspect(name)} on #{inspect(source)} to be a conflict target"
    end
  end

  # The text after ON and the table's name, with blanks for comments, which could hide what follows.
  defp indexed(sql) do
    [_on | rest] = sql |> Tokenizer.scan() |> Enum.drop_while(&(Tokenizer.keyword(&1) != "ON"))
    [_table | rest] = Tokenizer.skip(rest)

    Enum.map_join(rest, fn token ->
      if match?({:space, _}, token), do: " ", else: elem(token, 1)
    end)
  end
end
