defmodule Ecto.Adapters.LibSql.SQL.Scope do
  @moduledoc false
  # What the SQL of one query is written from: the query, its sources under the names that the SQL gives them, and
  # the scope of the query around it. Sources are called `s0, s1, …`, with one more `s` for each level of sub-queries.
  # Typing.Sources makes scopes; this module only looks things up.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.Quote

  defmodule Source do
    @moduledoc false
    # One source of a query. `columns` are the types of what a sub-query, a CTE or a values list selects.

    @enforce_keys [:kind, :name]
    defstruct [:kind, :name, :table, :schema, :scope, columns: %{}]

    @typedoc """
    `name` is the alias in the SQL, `table` the quoted table or CTE, `scope` that of a sub-query.
    """
    @type t :: %__MODULE__{
            kind: :table | :cte | :subquery | :values | :fragment,
            name: iodata(),
            table: iodata() | nil,
            schema: module() | nil,
            scope: struct() | nil,
            columns: %{atom() => column()}
          }

    @typedoc """
    `stored` is the type whose form the column's values have, `ecto` the one by which Ecto dumps a parameter compared
    with the column, and loads the column; each is nil where it is not known.
    """
    @type column :: %{stored: term(), ecto: term()}
  end

  @enforce_keys [:query, :sources]
  defstruct [:query, :sources, :parent, :hidden_by, :first_rows] ++
              [types: [], prefix: [], output: :values, json: [], ctes: %{}]

  @typedoc """
    * `parent` - the scope of the query around this one
    * `prefix` - what the names of this level begin with
    * `output` - where selected values go: to Ecto (`:ecto`), into the columns of a query around this one (`:rows`), or
      into an expression or a table (`:values`)
    * `types` - the types whose forms the selected values are written in
    * `json` - for each selected value whether it is the JSON text at a path, which keeps booleans, lists and objects,
      and not the scalar there
    * `ctes` - the columns of the common table expressions that may be named here
    * `first_rows` - of which rows only the first ones are wanted, if any: see Rewrite.Lateral
    * `hidden_by` - the clause whose expressions are being written, if SQLite hides the outer row from it
  """
  @type t :: %__MODULE__{
          query: map(),
          sources: tuple(),
          parent: t() | nil,
          prefix: iodata(),
          output: :ecto | :rows | :values,
          types: [term()],
          json: [boolean()],
          ctes: %{binary() => %{atom() => Source.column()}},
          first_rows: nil | %{partition: [term()], order: [term()], limit: term()},
          hidden_by: atom()
        }

  @unknown %{stored: nil, ecto: nil}

  @doc "Fills in what a query built by hand may lack, so that the rest of the generator can match on it."
  @spec complete(map()) :: map()
  def complete(%Ecto.Query{} = query) when is_map_key(query, :combinations), do: query
  def complete(%{} = query), do: Map.merge(Map.from_struct(%Ecto.Query{}), query)

  @spec source(t(), non_neg_integer()) :: Source.t()
  def source(%{sources: sources}, ix), do: elem(sources, ix)

  @spec name(t(), non_neg_integer()) :: iodata()
  def name(scope, ix), do: source(scope, ix).name

  @doc "The prefix of the names one level below."
  @spec below(t()) :: iodata()
  def below(%{prefix: prefix}), do: [?s | prefix]

  @spec column(t(), non_neg_integer(), atom() | String.t()) :: iodata()
  def column(scope, ix, field), do: [name(scope, ix), ?. | Quote.name(field)]

  @doc "The scope for the expressions of a clause in which SQLite does not see the outer row."
  @spec hide_outer(t(), atom()) :: t()
  def hide_outer(scope, clause), do: %{scope | hidden_by: clause}

  @doc "The scope and the position that `parent_as(as)` means."
  @spec outer!(t(), atom()) :: {t(), non_neg_integer()}
  def outer!(%{hidden_by: clause, query: query} = scope, as) when clause != nil do
    _exists = outer!(%{scope | hidden_by: nil}, as)

    error!(
      query,
      "SQLite does not see the outer row in #{clause}: parent_as(#{inspect(as)}) is possible in select and where; " <>
        "select the expression under a name in a sub-query, and use that name in #{clause} around it"
    )
  end

  def outer!(scope, as),
    do: outer(scope, as) || error!(nil, "could not find a parent binding named #{inspect(as)}")

  @doc "The same, or nil where there is none."
  @spec outer(t(), atom()) :: {t(), non_neg_integer()} | nil
  def outer(%{parent: nil}, _as), do: nil

  def outer(%{parent: parent}, as) do
    case parent.query.aliases do
      %{^as => ix} -> {parent, ix}
      _other -> if parent.hidden_by, do: outer!(parent, as), else: outer(parent, as)
    end
  end

  @doc "The types of a field of a source."
  @spec types(t(), non_neg_integer(), atom() | String.t()) :: Source.column()
  def types(scope, ix, field) do
    source = source(scope, ix)
    column = Map.get(source.columns, field, @unknown)

    case source.schema && schema_type(source.schema, field) do
      nil -> column
      type -> %{stored: column.stored || type, ecto: type}
    end
  end

  # Columns are named by their source in a planned query, not by their field. Most have the same name.
  defp schema_type(schema, column) do
    if schema.__schema__(:field_source, column) == column,
      do: schema.__schema__(:type, column),
      else: renamed_type(schema, column)
  end

  defp renamed_type(schema, column) do
    Enum.find_value(schema.__schema__(:fields), fn field ->
      if schema.__schema__(:field_source, field) == column, do: schema.__schema__(:type, field)
    end)
  end

  @doc "Whether an expression is a column of a table, which has an affinity, a collation and perhaps an index."
  @spec table_column?(term(), t()) :: boolean()
  def table_column?({{:., _, [{:&, _, [ix]}, _field]}, _, []}, scope),
    do: source(scope, ix).kind == :table

  def table_column?({{:., _, [{:parent_as, _, [as]}, _field]}, _, []}, scope) do
    case outer(scope, as) do
      {scope, ix} -> source(scope, ix).kind == :table
      nil -> false
    end
  end

  def table_column?(_expr, _scope), do: false

  @doc "The columns of the written table's primary key, as its schema has it."
  @spec primary_key(t()) :: [atom()]
  def primary_key(scope) do
    case source(scope, 0).schema do
      nil ->
        []

      schema ->
        for field <- schema.__schema__(:primary_key), do: schema.__schema__(:field_source, field)
    end
  end

  @doc "The field that is NULL where an outer join found no row for a source: one of its schema's primary key."
  @spec key!(t(), non_neg_integer()) :: term()
  def key!(scope, ix) do
    with %{schema: schema} when schema != nil <- source(scope, ix),
         [field | _] <- schema.__schema__(:primary_key) do
      {{:., [], [{:&, [], [ix]}, schema.__schema__(:field_source, field)]}, [], []}
    else
      _no_key ->
        error!(
          scope.query,
          "a whole row can only be counted or asked for by the primary key of a schema; name a field"
        )
    end
  end

  @doc """
  The same scope for RETURNING, which knows the written table by its own name alone. An unqualified column would be
  taken for one of json_each in the sub-queries of JSON paths.
  """
  @spec returning(t()) :: t()
  def returning(%{query: %{from: %{source: {table, _schema}}}, sources: sources} = scope) do
    written = %{elem(sources, 0) | name: Quote.name(table)}
    %{scope | sources: put_elem(sources, 0, written), output: :ecto}
  end

  @doc "The expression that the select clause calls `name`."
  @spec selected!(t(), atom()) :: term()
  def selected!(%{query: %{select: %{fields: fields}} = query}, name) do
    case for({^name, expr} <- fields, do: expr) do
      [expr | _] -> expr
      [] -> error!(query, "selected_as(#{inspect(name)}) is not in the select clause")
    end
  end

  @doc "A field of a select clause without the name that it is selected as."
  @spec value(term()) :: term()
  def value({key, expr}) when is_atom(key), do: expr
  def value(expr), do: expr
end
