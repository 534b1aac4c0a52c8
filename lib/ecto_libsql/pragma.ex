defmodule EctoLibSql.Pragma do
  @moduledoc """
  SQLite's settings and introspection, one function per pragma.

  Every function takes what `EctoLibSql.Native` takes first (a state, the argument of
  `DBConnection.run/3`, a pool, a repo) and runs on that connection, inside its transaction if one
  is open. Unless its own text says otherwise it returns `{:ok, %EctoLibSql.Result{command: :pragma}}`
  or `{:error, reason}`, where `reason` is SQLite's text.

      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      {:ok, %EctoLibSql.Result{rows: [[1]]}} = EctoLibSql.Pragma.foreign_keys(state)
      {:ok, true} = EctoLibSql.Pragma.get(state, :foreign_keys)
      {:ok, _} = EctoLibSql.Pragma.set_user_version(state, 7)
      {:ok, 7} = EctoLibSql.Pragma.get(state, :user_version)

  Names of tables, indexes and pragmas are identifiers (`[A-Za-z_][A-Za-z0-9_]*`, with an optional
  schema in front: `main.users`), given as atoms or strings. Anything else is
  `{:error, {:invalid_identifier, name}}` and never reaches the database.

  Source: [sqlite.org/pragma.html](https://sqlite.org/pragma.html).
  """

  alias EctoLibSql.{Native, Result}
  alias EctoLibSql.Connection.Statements
  alias EctoLibSql.Native.Answer
  alias EctoLibSql.Source
  alias EctoLibSql.Pragma.Values

  @typedoc "A state, a `%DBConnection{}`, a pool or a repo; see `EctoLibSql.Native`."
  @type target :: term()

  @typedoc "The name of a table, an index or a pragma."
  @type sql_name :: atom() | String.t()

  @type reason :: String.t() | {:invalid_identifier, term()} | {:invalid_value, term()}

  @type outcome :: {:ok, Result.t()} | {:error, reason()}

  @journal_modes [:delete, :truncate, :persist, :memory, :wal, :off]
  @levels [:off, :normal, :full, :extra]
  @checkpoint_modes [:passive, :full, :restart, :truncate]

  @doc """
  Runs a pragma given as text.

      {:ok, %EctoLibSql.Result{rows: [["UTF-8"]]}} =
        EctoLibSql.Pragma.query(state, "PRAGMA encoding")

  Text that is no pragma is an error; nothing runs.
  """
  @spec query(target(), String.t()) :: outcome()
  def query(state, sql) when is_binary(sql) do
    case Native.detect_command(sql) do
      :pragma -> run(state, sql)
      _ -> {:error, "expected a PRAGMA statement"}
    end
  end

  @doc """
  Sets a pragma. `value` is an integer, a float, a boolean, an atom or a string; a number that the
  pragma cannot hold is `{:error, {:invalid_value, number}}`.

      {:ok, _} = EctoLibSql.Pragma.set(state, :wal_autocheckpoint, 500)
      {:ok, _} = EctoLibSql.Pragma.set(state, "main.user_version", 3)
  """
  @spec set(target(), sql_name(), term()) :: outcome()
  def set(state, name, value) do
    with {:ok, name} <- Values.identifier(name),
         {:ok, literal} <- Values.literal(name, value) do
      run(state, "PRAGMA #{name} = #{literal}")
    end
  end

  @doc """
  Reads a pragma in its converted form: `{:ok, value}`.

  | the pragma yields | value |
  | --- | --- |
  | a switch (`foreign_keys`, `query_only`, …) | `true` or `false` |
  | a word or the number of one (`journal_mode`, `synchronous`, `temp_store`, `auto_vacuum`, `locking_mode`, `secure_delete`) | an atom: `:wal`, `:normal`, … |
  | any other single value | as it is |
  | several rows of one column | a list |
  | several columns | a list of maps with string keys |

  A pragma that returns nothing, such as one that SQLite does not know, is an error.

      {:ok, :normal} = EctoLibSql.Pragma.get(state, :synchronous)
      {:ok, 4096} = EctoLibSql.Pragma.get(state, :page_size)
  """
  @spec get(target(), sql_name()) :: {:ok, term()} | {:error, reason()}
  def get(state, name) do
    with {:ok, name} <- Values.identifier(name),
         {:ok, result} <- run(state, "PRAGMA #{name}") do
      Values.convert(name, result)
    end
  end

  @doc """
  Enforces foreign keys on this connection (the driver's default). Returns `:ok`.

  SQLite silently ignores the switch inside a transaction; here that is an error.
  """
  @spec enable_foreign_keys(target()) :: :ok | {:error, reason()}
  def enable_foreign_keys(state), do: switch_foreign_keys(state, "ON")

  @doc "Stops enforcing foreign keys on this connection; see `enable_foreign_keys/1`."
  @spec disable_foreign_keys(target()) :: :ok | {:error, reason()}
  def disable_foreign_keys(state), do: switch_foreign_keys(state, "OFF")

  @doc "Whether foreign keys are enforced: rows `[[0]]` or `[[1]]`."
  @spec foreign_keys(target()) :: outcome()
  def foreign_keys(state), do: run(state, "PRAGMA foreign_keys")

  @doc """
  Changes the journal mode: `:delete`, `:truncate`, `:persist`, `:memory`, `:wal` or `:off`.

  The row holds the mode that is in force afterwards; a database in memory stays at `"memory"`.
  """
  @spec set_journal_mode(target(), :delete | :truncate | :persist | :memory | :wal | :off) ::
          outcome()
  def set_journal_mode(state, mode) when mode in @journal_modes,
    do: run(state, "PRAGMA journal_mode = #{mode}")

  @doc "The journal mode, e.g. rows `[[\"wal\"]]`."
  @spec journal_mode(target()) :: outcome()
  def journal_mode(state), do: run(state, "PRAGMA journal_mode")

  @doc "Changes when SQLite waits for the disk: `:off`, `:normal`, `:full`, `:extra` or 0 to 3."
  @spec set_synchronous(target(), :off | :normal | :full | :extra | 0..3) :: outcome()
  def set_synchronous(state, level) when level in @levels or level in 0..3,
    do: run(state, "PRAGMA synchronous = #{level}")

  @doc "The synchronous level as SQLite's number: 0 off, 1 normal, 2 full, 3 extra."
  @spec synchronous(target()) :: outcome()
  def synchronous(state), do: run(state, "PRAGMA synchronous")

  @doc """
  The columns of a table, one row each: cid, name, type, notnull, dflt_value, pk.

      {:ok, %EctoLibSql.Result{rows: rows}} = EctoLibSql.Pragma.table_info(state, :users)
      names = for [_cid, name | _] <- rows, do: name

  An unknown table has no rows.
  """
  @spec table_info(target(), sql_name()) :: outcome()
  def table_info(state, table), do: about(state, "table_info", table)

  @doc "Tables and views: schema, name, type, ncol, wr, strict."
  @spec table_list(target()) :: outcome()
  def table_list(state), do: run(state, "PRAGMA table_list")

  @doc "The indexes of a table: seq, name, unique, origin, partial."
  @spec index_list(target(), sql_name()) :: outcome()
  def index_list(state, table), do: about(state, "index_list", table)

  @doc "The columns of an index: seqno, cid, name."
  @spec index_info(target(), sql_name()) :: outcome()
  def index_info(state, index), do: about(state, "index_info", index)

  @doc "The foreign keys of a table: id, seq, table, from, to, on_update, on_delete, match."
  @spec foreign_key_list(target(), sql_name()) :: outcome()
  def foreign_key_list(state, table), do: about(state, "foreign_key_list", table)

  @doc "Rows that break a foreign key, in any table: table, rowid, parent, fkid."
  @spec foreign_key_check(target()) :: outcome()
  def foreign_key_check(state), do: run(state, "PRAGMA foreign_key_check")

  @doc "Rows of one table that break a foreign key; see `foreign_key_check/1`."
  @spec foreign_key_check(target(), sql_name()) :: outcome()
  def foreign_key_check(state, table), do: about(state, "foreign_key_check", table)

  @doc "The application's own version number of the schema."
  @spec user_version(target()) :: outcome()
  def user_version(state), do: run(state, "PRAGMA user_version")

  @doc "Sets the application's own version number of the schema (32 bits)."
  @spec set_user_version(target(), integer()) :: outcome()
  def set_user_version(state, version) when is_integer(version),
    do: set(state, "user_version", version)

  @doc "The page cache's size: pages, or KiB when negative."
  @spec cache_size(target()) :: outcome()
  def cache_size(state), do: run(state, "PRAGMA cache_size")

  @doc "Sets the page cache's size: pages, or KiB when negative."
  @spec set_cache_size(target(), integer()) :: outcome()
  def set_cache_size(state, size) when is_integer(size),
    do: set(state, "cache_size", size)

  @doc "The size of a page in bytes."
  @spec page_size(target()) :: outcome()
  def page_size(state), do: run(state, "PRAGMA page_size")

  @doc "Checks the whole database; a sound one returns rows `[[\"ok\"]]`."
  @spec integrity_check(target()) :: outcome()
  def integrity_check(state), do: run(state, "PRAGMA integrity_check")

  @doc "Like `integrity_check/1` without comparing indexes to their tables."
  @spec quick_check(target()) :: outcome()
  def quick_check(state), do: run(state, "PRAGMA quick_check")

  @doc "Lets SQLite renew the statistics that its query planner lacks."
  @spec optimize(target()) :: outcome()
  def optimize(state), do: run(state, "PRAGMA optimize")

  @doc """
  Moves the write-ahead log into the database. `mode` is `:passive`, `:full`, `:restart` or
  `:truncate`; the row holds busy (0 or 1), pages in the log, pages moved.
  """
  @spec wal_checkpoint(target(), :passive | :full | :restart | :truncate) :: outcome()
  def wal_checkpoint(state, mode \\ :passive) when mode in @checkpoint_modes,
    do: run(state, "PRAGMA wal_checkpoint(#{mode})")

  @doc "Rebuilds the database file without free pages. Returns `:ok`; an error in a transaction."
  @spec vacuum(target()) :: :ok | {:error, reason()}
  def vacuum(state) do
    with {:ok, _result} <- run(state, "VACUUM"), do: :ok
  end

  @doc "The options SQLite was compiled with, one row each."
  @spec compile_options(target()) :: outcome()
  def compile_options(state), do: run(state, "PRAGMA compile_options")

  defp switch_foreign_keys(state, switch) do
    case Native.get_is_autocommit(state) do
      true -> with {:ok, _} <- run(state, "PRAGMA foreign_keys = #{switch}"), do: :ok
      false -> {:error, "foreign_keys cannot be changed inside a transaction"}
      {:error, reason} -> {:error, reason}
    end
  end

  defp about(state, pragma, name) do
    with {:ok, schema, name} <- Values.qualified(name),
         do: run(state, "PRAGMA #{schema}#{pragma}(#{name})")
  end

  defp run(state, sql), do: Source.with_state(state, &Statements.pragma(&1, sql)) |> Answer.text()
end
