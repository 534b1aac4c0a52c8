defmodule Ecto.Adapters.LibSql do
  @moduledoc """
  The Ecto adapter for SQLite and libSQL databases in files and in memory.

      defmodule MyApp.Repo do
        use Ecto.Repo, otp_app: :my_app, adapter: Ecto.Adapters.LibSql
      end

      config :my_app, MyApp.Repo, database: "priv/my_app.db"

  ## Repository options

    * `:database` - the file, or `":memory:"` for a database that lives as long as its connection
    * `:pool_size` - connections, default 5; one for `":memory:"` and for URIs that mean the same, unless
      `:shared_memory` (or `cache=shared`, which means the same here) makes it one database for all
    * `:busy_timeout` - milliseconds to wait for another program's lock, default 5000
    * `:queue_target` - half the milliseconds to wait for a connection of the pool when all are in use for long, see
      `DBConnection.start_link/2`; default 2500, because transactions that wait for the write lock keep their connections
    * `:journal_mode` (`:wal`), `:synchronous` (`:normal`), `:cache_size` (-64000), `:temp_store`
      (`:memory`), `:foreign_keys` (`:on`), `:secure_delete` (`:off`) - SQLite's settings
    * `:default_transaction_mode` - how `Repo.transaction` begins where its `:mode` says nothing: `:immediate`
      (default), `:deferred` or `:exclusive`
    * `:attach` - `[{"name", path}]`: databases that a `:prefix` may name
    * `:changes` - a function or the name of a process that gets each row written by this repository, after its
      commit; see `EctoLibSql.Change`
    * `:migration_lock` - `false` migrates without the lock, default `true`
    * `:migration_lock_term` - seconds after which the lock of another machine is taken over, default 600
    * `:dialect` - `:libsql` when migrations may use what only libSQL servers know

  All others are in `EctoLibSql.Options`, such as `:encryption_key` for files, and `:uri` with
  `:auth_token` for servers. An unknown option is refused when the repository starts; options that an application
  keeps there for itself are dropped in the repository's `init/2` with `:supervisor`.

  ## Options of a query

  Given to a `Repo` function, or by the repository's `default_options/1`; `:fkey_names` also in its
  configuration:

    * `:decode` - `:declared` decodes the values of a query without a schema by the declared types of their
      columns
    * `:fkey_names` - `false` does not look up the name of a violated constraint, which for a foreign key costs a
      second run of the statement on the error path; default `true`. Foreign keys are not looked up where the
      tables that the statement may touch have 100,000 rows or more
    * `:comment` - a text that is appended to the statement, as an SQL comment, in logs and telemetry

  Options of the application's own pass through, for `c:Ecto.Repo.prepare_query/3` and telemetry. A name that differs
  in a letter or two from one that Ecto or this adapter knows (`tiemout: 5`) is taken for a mistake and refused.

  ## Options of a transaction

    * `:mode` - `:immediate` takes the write lock when the transaction begins; it waits its turn, and reading first
      and writing later cannot fail. `:deferred` takes it at the first write, which fails if another transaction
      wrote since this one's first read; `:read_only` never takes it and refuses writes; `:exclusive` is `:immediate`
      that keeps readers out too, outside of WAL mode. Inside of a transaction, `:savepoint` makes the inner one a
      savepoint, whose rollback leaves the outer one alone. Any other inner mode changes nothing; `:read_only` inside
      of one that may write is an error
    * `:retry` - how often to run the function again after `database is locked`: another program held the lock for
      longer than `:busy_timeout`, or a deferred transaction lost its snapshot, which is run again with mode
      `:immediate`. The function must not have done anything else that counts

  The transaction of `Ecto.Adapters.SQL.Sandbox` around a test is always deferred, so that tests which only read
  run at the same time.

  `Repo.stream/2` works with and without a transaction.

  ## Application options

  Ecto calls loaders and dumpers without the repository, so these are set once, under `config :ecto_libsql`. A
  repository does not start with an unknown one or with a value that is not listed here:

    * `:binary_id_type`, `:uuid_type` - `:string` (default) or `:binary`; both are read. As long as `:uuid_type`
      is not set, conditions on `Ecto.UUID` fields find both forms
    * `:map_type`, `:array_type` - `:string` (default) or `:binary`: SQLite's JSONB, from SQLite 3.45 on. Both are read
    * `:datetime_type` - `:iso8601` (default) or `:text_datetime` (a blank for the T, no zone)
    * `:decimal_type` - `:numeric` (default, numbers of 15 significant digits) or `:exact` (all digits, as texts; the
      collation and the functions that compare, add and multiply them are in local databases only)
    * `:ilike` - `:ascii` (default: `ilike` ignores the case of ASCII letters, as SQLite's LIKE does) or `:unicode`
      (of all letters, by a function that only local databases have)
    * `:json_library` - default `Jason`
    * `:type_extensions` - modules with `loaders/2`, `dumpers/2`, `column_type/2`
  """

  use Ecto.Adapters.SQL, driver: :ecto_libsql

  @behaviour Ecto.Adapter.Storage
  @behaviour Ecto.Adapter.Structure

  alias Ecto.Adapters.LibSql.{Changes, Migration, Options, Query, Storage, Types}
  alias Ecto.Adapters.LibSql.Plan.Rows
  alias Ecto.Adapters.LibSql.Query.{Cached, Explain, Heap, ReadFirst, Transaction}
  alias Ecto.Adapters.LibSql.Storage.Structure

  # From ecto_sql 3.14 on, Repo.to_sql takes options as well.
  @to_sql_arity if function_exported?(Ecto.Adapters.SQL, :to_sql, 4), do: 3, else: 2

  # `Repo.to_sql` returns what runs, with the parameters in the form in which they are bound; `Repo.all` has room for
  # large results; `Repo.explain` works for repositories without a name.
  @impl Ecto.Adapter
  defmacro __before_compile__(env) do
    [operation, queryable | opts] = Macro.generate_arguments(@to_sql_arity, __MODULE__)

    quote do
      unquote(super(env))
      defoverridable to_sql: unquote(@to_sql_arity), all: 2, explain: 3

      def to_sql(unquote(operation), unquote(queryable), unquote_splicing(opts)) do
        unquote(Cached).to_sql(
          unquote(operation),
          get_dynamic_repo(),
          unquote(queryable),
          unquote_splicing(opts)
        )
      end

      def all(queryable, opts), do: unquote(Heap).with_room(fn -> super(queryable, opts) end)

      def explain(operation, queryable, opts),
        do: unquote(Explain).run(__MODULE__, get_dynamic_repo(), operation, queryable, opts)
    end
  end

  defoverridable init: 1

  @impl Ecto.Adapter
  def init(config) do
    {:ok, child, meta} = super(config)
    # Each call has these among its options.
    meta = Map.update!(meta, :opts, &(&1 ++ Keyword.take(config, [:fkey_names])))
    {:ok, child, Map.put(meta, :libsql, Options.Repo.for_migrations(config))}
  end

  @impl Ecto.Adapter
  defdelegate loaders(primitive, type), to: Types

  @impl Ecto.Adapter
  defdelegate dumpers(primitive, type), to: Types

  @impl Ecto.Adapter.Queryable
  defdelegate prepare(operation, query), to: Cached, as: :new

  defoverridable init: 1, stream: 5, transaction: 3

  # What the pool is given, the adapter knows as well: how many connections there are.
  @impl Ecto.Adapter
  def init(config) do
    Options.Application.check!(EctoLibSql.Connection.Lifetime.sqlite_version())
    Options.Repo.check!(config)
    Changes.check!(config[:changes])
    config |> Options.Repo.connection() |> super()
  end

  @impl Ecto.Adapter.Queryable
  def execute(meta, query_meta, {:nocache, {%ReadFirst{} = both, _same}}, params, opts),
    do: ReadFirst.run(both, meta, opts, params, &execute(meta, query_meta, &1, &2, opts))

  def execute(meta, query_meta, prepared, params, opts) do
    {prepared, bound, kinds} = Cached.bind(prepared, params)
    {count, rows} = super(meta, query_meta, prepared, bound, opts)
    Heap.note({count, Rows.load(rows, kinds)})
  rescue
    error in EctoLibSql.Error -> reraise(explained(error, params), __STACKTRACE__)
  end

  # The driver does not know how a query gives a list its type.
  defp explained(%{kind: :invalid_argument} = error, params) do
    if Enum.any?(params, &is_list/1),
      do: %ArgumentError{
        message:
          "a list among the query's parameters has no type; where it means a JSON array, as in a comparison with a JSON path, " <>
            "write type(^list, {:array, :any})"
      },
      else: error
  end

  defp explained(error, _params), do: error

  @impl Ecto.Adapter.Queryable
  def stream(meta, query_meta, prepared, params, opts) do
    {prepared, bound, kinds} = Cached.bind(prepared, params)

    meta
    |> super(query_meta, prepared, bound, opts)
    |> Query.Stream.anywhere(meta, opts)
    |> Stream.map(fn {count, rows} -> {count, Rows.load(rows, kinds)} end)
  end

  @impl Ecto.Adapter.Transaction
  def transaction(meta, opts, fun) do
    Options.Query.check!(opts)
    Transaction.run(meta, opts, fun)
  end

  @impl Ecto.Adapter.Schema
  def autogenerate(:id), do: nil
  def autogenerate(:embed_id), do: Ecto.UUID.generate()

  def autogenerate(:binary_id) do
    case Types.uuid_form(:binary_id) do
      :string -> Ecto.UUID.generate()
      :binary -> {:blob, Ecto.UUID.bingenerate()}
    end
  end

  @impl Ecto.Adapter.Schema
  defdelegate insert(meta, schema, params, on_conflict, returning, opts), to: Query.Insert

  @impl Ecto.Adapter.Schema
  defdelegate insert_all(
                meta,
                schema,
                header,
                rows,
                on_conflict,
                returning,
                placeholders,
                opts
              ),
              to: Query.Insert

  @impl Ecto.Adapter.Schema
  def update(meta, schema, fields, filters, returning, opts),
    do: Query.Insert.write_one(meta, schema, fields, filters, returning, opts)

  @impl Ecto.Adapter.Schema
  def delete(meta, schema, filters, returning, opts),
    do: Query.Insert.write_one(meta, schema, nil, filters, returning, opts)

  @impl Ecto.Adapter.Migration
  def supports_ddl_transaction?, do: true

  @impl Ecto.Adapter.Migration
  def execute_ddl(meta, command, opts), do: Migration.Runner.execute(meta, command, opts)

  @impl Ecto.Adapter.Migration
  defdelegate lock_for_migrations(meta, opts, fun), to: Migration.Lock, as: :with_lock

  @impl Ecto.Adapter.Storage
  defdelegate storage_up(opts), to: Storage, as: :up

  @impl Ecto.Adapter.Storage
  defdelegate storage_down(opts), to: Storage, as: :down

  @impl Ecto.Adapter.Storage
  defdelegate storage_status(opts), to: Storage, as: :status

  @impl Ecto.Adapter.Structure
  defdelegate structure_dump(default, config), to: Structure, as: :dump

  @impl Ecto.Adapter.Structure
  defdelegate structure_load(default, config), to: Structure, as: :load

  @impl Ecto.Adapter.Structure
  def dump_cmd(args, opts \\ [], config), do: Structure.command(args, opts, config)
end
