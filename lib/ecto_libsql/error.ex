defmodule EctoLibSql.Error do
  @moduledoc """
  What went wrong, with SQLite's codes.

    * `message` - SQLite's own text, first and unprefixed: `UNIQUE constraint failed: users.email`.
    * `sqlite` - `%{code: atom, extended_code: atom, message: text}`. `code` is the primary result
      code (`:constraint`, `:busy`, `:locked`, `:readonly`, `:ioerr`, `:corrupt`, `:full`,
      `:interrupt`, `:auth`, `:error`, ...), `extended_code` the exact one (`:constraint_unique`,
      `:busy_snapshot`, ...). Errors that SQLite has not seen carry their `kind` in both; for an unknown
      id `extended_code` names what was not found: `:not_found_connection`, `:not_found_transaction`,
      `:not_found_statement`, `:not_found_cursor`, `:not_found_subscription`; for the id of another
      connection's object it is `:foreign_transaction`, `:foreign_statement` or `:foreign_cursor`.
    * `statement` - the SQL, never its parameters.
    * `offset` - where in `statement` the mistake is, counted in bytes from 0; nil where unknown.
    * `kind` - the class of the error: `:constraint`, `:busy`, `:interrupted`, `:timeout`,
      `:invalid_argument`, `:not_found`, `:closed`, ... (`docs/errors.md` lists all).
    * `recovery` - what the caller may do, and must know; a list of
        * `:retryable` - the same transaction may succeed when it is run again from its beginning;
        * `:outcome_unknown` - the write may have happened, or may be found after a crash: an I/O error
          in a commit;
        * `:transaction_lost` - the transaction in which the call ran, or was to run, is over, and what
          it has changed is undone;
        * `:connection_lost` - the connection is of no use any more;
        * `:unauthorised` - the access policy or the server's authentication refuses;
        * `:unavailable` - the file cannot be opened, or the server does not answer.

      `[]` for most: the call, the SQL or a value is wrong.

  The functions of `EctoLibSql.Native` return `message` alone, `from_reason/1` turns it back:

      iex> error = EctoLibSql.Error.from_reason("Query failed: UNIQUE constraint failed: users.email")
      iex> {error.message, error.sqlite.extended_code}
      {"UNIQUE constraint failed: users.email", :constraint_unique}
  """

  alias EctoLibSql.Nif

  defexception [:message, :sqlite, :statement, :offset, :kind, recovery: []]

  @type sqlite :: %{code: atom(), extended_code: atom(), message: String.t()}
  @type t :: %__MODULE__{
          message: String.t(),
          sqlite: sqlite(),
          statement: String.t() | nil,
          offset: non_neg_integer() | nil,
          kind: atom(),
          recovery: [recovery()]
        }
  @type recovery ::
          :retryable
          | :outcome_unknown
          | :transaction_lost
          | :connection_lost
          | :unauthorised
          | :unavailable
  @type constraint :: :unique | :foreign_key | :check | :not_null | :primary_key

  # Texts of SQLite and of this driver, for from_reason/1: {text, kind, code, extended code}. The first
  # that the reason contains decides.
  @texts [
    {"UNIQUE constraint failed", :constraint, :constraint, :constraint_unique},
    {"FOREIGN KEY constraint failed", :constraint, :constraint, :constraint_foreignkey},
    {"NOT NULL constraint failed", :constraint, :constraint, :constraint_notnull},
    {"CHECK constraint failed", :constraint, :constraint, :constraint_check},
    {"constraint failed", :constraint, :constraint, :constraint},
    {"cannot store ", :constraint, :constraint, :constraint_datatype},
    {"use :immediate", :busy, :busy, :busy_snapshot},
    {"database is locked", :busy, :busy, :busy},
    {"database table is locked", :locked, :locked, :locked},
    {"readonly database", :read_only, :readonly, :readonly},
    {"interrupted", :interrupted, :interrupt, :interrupt},
    {"database disk image is malformed", :corrupt, :corrupt, :corrupt},
    {"file is not a database", :not_a_database, :notadb, :notadb},
    {"database or disk is full", :full, :full, :full},
    {"disk I/O error", :io, :ioerr, :ioerr},
    {"unable to open database", :cannot_open, :cantopen, :cantopen},
    {"not authorized", :denied, :auth, :auth},
    {"prohibited", :denied, :auth, :auth},
    {"too big", :too_big, :toobig, :toobig},
    {"datatype mismatch", :error, :mismatch, :mismatch},
    {"Connection not found", :not_found, :not_found, :not_found_connection},
    {"Transaction not found", :not_found, :not_found, :not_found_transaction},
    {"Statement not found", :not_found, :not_found, :not_found_statement},
    {"Cursor not found", :not_found, :not_found, :not_found_cursor},
    {"Subscription not found", :not_found, :not_found, :not_found_subscription},
    {"Transaction does not belong to", :foreign, :foreign, :foreign_transaction},
    {"Statement does not belong to", :foreign, :foreign, :foreign_statement},
    {"Cursor does not belong to", :foreign, :foreign, :foreign_cursor}
  ]

  # Characters of a statement in a message.
  @shown 4000

  @prefixes ["Prepare failed: ", "Query failed: ", "Execute failed: "]

  @doc """
  What `Exception.message/1` shows: `message`, and in the lines below it the statement, where there is one; of a long
  statement the beginning.

      iex> {:ok, db} = EctoLibSql.connect(database: ":memory:")
      iex> {:error, error} = EctoLibSql.query(db, "SELECT nam FROM users")
      iex> error.message
      "no such table: users"
      iex> error |> Exception.message() |> String.split("\\n")
      ["no such table: users", "SELECT nam FROM users"]
  """
  @impl true
  @spec message(t()) :: String.t()
  def message(%__MODULE__{statement: statement} = error) when is_binary(statement) do
    {shown, rest} = String.split_at(statement, @shown)
    text(error) <> "\n" <> shown <> if(rest == "", do: "", else: " ...")
  end

  def message(error), do: text(error)

  defp text(%{message: message}) when is_binary(message), do: message
  defp text(%{kind: kind}), do: "libSQL error#{if kind, do: " (#{kind})"}"

  @doc """
  An error of the driver itself, which SQLite has not seen. `fields`: `:code` and `:extended_code`
  (default: the kind), `:statement`.

      iex> EctoLibSql.Error.new(:invalid_argument, "max_rows must be positive").sqlite.code
      :invalid_argument
  """
  @spec new(atom(), String.t(), keyword()) :: t()
  def new(kind, message, fields \\ []) do
    code = Keyword.get(fields, :code, kind)
    extended = Keyword.get(fields, :extended_code, code)

    %__MODULE__{
      message: message,
      kind: kind,
      statement: fields[:statement],
      sqlite: %{code: code, extended_code: extended, message: message},
      recovery: Nif.recovery(kind, extended)
    }
  end

  @doc false
  # The NIF's error map, made once where it arrives.
  @spec from_nif(Nif.error()) :: t()
  def from_nif(%{message: message, code: code, extended_code: extended} = error) do
    %__MODULE__{
      message: with_advice(message, extended),
      kind: error.kind,
      statement: error.statement,
      offset: error.offset,
      sqlite: %{code: code, extended_code: extended, message: message},
      recovery: error.recovery
    }
  end

  defp with_advice(message, :not_found_transaction),
    do: message <> ": it has ended; go on with the state from before it began"

  defp with_advice(message, _extended), do: message

  @doc """
  The error for a reason that a function of `EctoLibSql.Native` returned.

  Errors pass through, so that it can be called on any reason. The codes are found from SQLite's
  text, as the reason holds nothing else; a text that is not known has the code `:error`.
  """
  @spec from_reason(t() | Exception.t() | String.t() | atom() | {atom(), term()}) :: t()
  def from_reason(%__MODULE__{} = error), do: error
  def from_reason(%{__exception__: true} = other), do: new(:error, Exception.message(other))
  def from_reason({:invalid_arguments, text}), do: new(:invalid_argument, text)
  def from_reason({:invalid_value, _}), do: new(:invalid_argument, "no pragma holds that value")

  def from_reason({:invalid_identifier, name}),
    do: new(:invalid_argument, "not an identifier: #{inspect(name, printable_limit: 50)}")

  def from_reason(:unsupported), do: new(:unsupported, "unsupported")
  def from_reason(reason) when is_atom(reason), do: new(:error, Atom.to_string(reason))

  def from_reason(reason) when is_binary(reason) do
    message = without_prefix(reason)

    case Enum.find(@texts, fn {text, _, _, _} -> String.contains?(message, text) end) do
      {_, kind, code, extended} -> new(kind, message, code: code, extended_code: extended)
      nil -> new(:error, message)
    end
  end

  defp without_prefix(reason) do
    Enum.find_value(@prefixes, reason, fn prefix ->
      if String.starts_with?(reason, prefix), do: String.replace_prefix(reason, prefix, "")
    end)
  end

  @doc """
  True if a constraint refused the row.

      iex> EctoLibSql.Error.constraint_violation?(EctoLibSql.Error.from_reason("no such table: t"))
      false
  """
  @spec constraint_violation?(t()) :: boolean()
  def constraint_violation?(%__MODULE__{kind: kind}), do: kind == :constraint

  @doc """
  The column of the first `table.column` that a constraint error names, or nil.

      iex> error = EctoLibSql.Error.from_reason("UNIQUE constraint failed: users.email, users.org")
      iex> EctoLibSql.Error.constraint_name(error)
      "email"
  """
  @spec constraint_name(t()) :: String.t() | nil
  def constraint_name(%__MODULE__{message: message} = error) when is_binary(message) do
    with true <- constraint_violation?(error),
         [_, detail] <- String.split(message, "constraint failed: ", parts: 2),
         [first | _] = String.split(detail, ", "),
         [_table, column] <- String.split(first, ".", parts: 2) do
      column
    else
      _ -> nil
    end
  end

  def constraint_name(_error), do: nil

  @doc """
  The kind of a violated constraint and the name that SQLite gives, or nil for other errors.

  The name is that of the index or the CHECK constraint where SQLite reports it, else the columns as
  `table.column, table.column`; for foreign keys SQLite reports nothing and it is nil.

      iex> EctoLibSql.Error.constraint(EctoLibSql.Error.from_reason("CHECK constraint failed: positive"))
      {:check, "positive"}
      iex> EctoLibSql.Error.constraint(EctoLibSql.Error.from_reason("UNIQUE constraint failed: index 'by_mail'"))
      {:unique, "by_mail"}
  """
  @spec constraint(t()) :: {constraint(), String.t() | nil} | nil
  def constraint(%__MODULE__{sqlite: %{extended_code: extended}, message: message}) do
    case extended do
      :constraint_unique -> {:unique, violated(message)}
      :constraint_primarykey -> {:primary_key, violated(message)}
      :constraint_rowid -> {:primary_key, violated(message)}
      :constraint_notnull -> {:not_null, violated(message)}
      :constraint_check -> {:check, violated(message)}
      :constraint_foreignkey -> {:foreign_key, nil}
      _ -> nil
    end
  end

  def constraint(_error), do: nil

  defp violated(message) do
    case String.split(message, "constraint failed: ", parts: 2) do
      [_, "index '" <> name] -> String.replace_suffix(name, "'", "")
      [_, name] -> name
      [_] -> nil
    end
  end

  @doc "True if a lock was not free within the busy timeout."
  @spec busy?(t()) :: boolean()
  def busy?(%__MODULE__{kind: kind}), do: kind in [:busy, :locked]

  @doc "True if the same transaction may succeed when it is run again from its beginning."
  @spec retryable?(t()) :: boolean()
  def retryable?(%__MODULE__{recovery: recovery}), do: :retryable in recovery

  @doc false
  # The one place that decides between {:error, ...} and {:disconnect, ...}: the connection itself
  # is lost, or one of the codes that the user named (:disconnect_on_error_codes).
  @spec poisons_connection?(t(), [atom()]) :: boolean()
  def poisons_connection?(%__MODULE__{recovery: recovery, sqlite: sqlite}, codes) do
    :connection_lost in recovery or
      (codes != [] and (sqlite.code in codes or sqlite.extended_code in codes))
  end
end
