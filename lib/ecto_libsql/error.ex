defmodule EctoLibSql.Error do
  @moduledoc """
  What went wrong, with SQLite's codes.

    * `message` - SQLite's own text, first and unprefixed: `UNIQUE constraint failed: users.email`.
    * `sqlite` - `%{code: atom, extended_code: atom, message: text}`. `code` is the primary result
      code (`:constraint`, `:busy`, `:locked`, `:readonly`, `:ioerr`, `:corrupt`, `:full`,
      `:interrupt`, `:auth`, `:error`, ...), `extended_code` the exact one (`:constraint_unique`,
      `:busy_snapshot`, ...). Errors of the driver itself carry their `kind` in both.
    * `statement` - the SQL, never its parameters.
    * `kind` - the error named for what a caller can do about it: `:constraint`, `:busy`,
      `:interrupted`, `:timeout`, `:invalid_argument`, `:not_found`, `:closed`, ...

  The functions of `EctoLibSql.Native` return `message` alone, `from_reason/1` turns it back:

      iex> error = EctoLibSql.Error.from_reason("Query failed: UNIQUE constraint failed: users.email")
      iex> {error.message, error.sqlite.extended_code}
      {"UNIQUE constraint failed: users.email", :constraint_unique}
  """

  defexception [:message, :sqlite, :statement, :kind]

  @type sqlite :: %{code: atom(), extended_code: atom(), message: String.t()}
  @type t :: %__MODULE__{
          message: String.t(),
          sqlite: sqlite(),
          statement: String.t() | nil,
          kind: atom()
        }
  @type constraint :: :unique | :foreign_key | :check | :not_null | :primary_key

  # Texts of SQLite and of this driver, for errors that come back as text. The first that the
  # reason contains decides: {text, kind, code, extended code}.
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
    {"Connection not found", :not_found, :not_found, :not_found},
    {"Statement not found", :not_found, :not_found, :not_found},
    {"Cursor not found", :not_found, :not_found, :not_found},
    {"Transaction not found", :not_found, :not_found, :not_found},
    {"does not belong to", :foreign, :foreign, :foreign}
  ]

  @prefixes ["Prepare failed: ", "Query failed: ", "Execute failed: "]

  @doc "The text of the error: what `Exception.message/1` shows."
  @impl true
  @spec message(t()) :: String.t()
  def message(%__MODULE__{message: message}) when is_binary(message), do: message
  def message(%__MODULE__{kind: kind}), do: "libSQL error#{if kind, do: " (#{kind})"}"

  @doc """
  An error of the driver itself, which SQLite has not seen.

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
      sqlite: %{code: code, extended_code: extended, message: message}
    }
  end

  @doc false
  # The NIF's error map, made once where it arrives.
  @spec from_nif(EctoLibSql.Nif.error()) :: t()
  def from_nif(%{kind: kind, message: message, code: code, extended_code: extended} = error) do
    # SQLite quotes the SQL in its messages, which need not be text.
    message = printable(message)

    %__MODULE__{
      message: with_advice(message, extended),
      kind: kind,
      statement: error.statement,
      sqlite: %{code: code, extended_code: extended, message: message}
    }
  end

  defp printable(message), do: if(String.valid?(message), do: message, else: replaced(message))

  defp replaced(<<char::utf8, rest::binary>>), do: <<char::utf8>> <> replaced(rest)
  defp replaced(<<_byte, rest::binary>>), do: "\uFFFD" <> replaced(rest)
  defp replaced(<<>>), do: ""

  defp with_advice(message, :busy_snapshot) do
    if message =~ ":immediate" do
      message
    else
      message <>
        ": another transaction has written since this one began to read; use :immediate for " <>
        "transactions that write"
    end
  end

  defp with_advice(message, _extended), do: message

  @doc """
  An error from what a function of `EctoLibSql.Native` gave as its reason.

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
  def constraint_violation?(%__MODULE__{sqlite: %{code: :constraint}}), do: true
  def constraint_violation?(%__MODULE__{sqlite: %{code: code}}) when code != :error, do: false

  def constraint_violation?(%__MODULE__{message: text}) when is_binary(text),
    do: text =~ "constraint failed"

  def constraint_violation?(_error), do: false

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

  The name is that of the index or the CHECK constraint where SQLite tells it, else the columns as
  `table.column, table.column`; for foreign keys SQLite tells nothing and it is nil.

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
  def busy?(%__MODULE__{sqlite: %{code: code}}), do: code in [:busy, :locked]
  def busy?(_error), do: false

  @doc "True if the same transaction may succeed when it is run again from its beginning."
  @spec retryable?(t()) :: boolean()
  def retryable?(error), do: busy?(error)

  @doc false
  # The one place that decides between {:error, ...} and {:disconnect, ...}: the connection itself
  # is lost, or one of the codes that the user named (:disconnect_on_error_codes).
  @spec poisons_connection?(t(), [atom()]) :: boolean()
  def poisons_connection?(%__MODULE__{kind: kind}, _codes)
      when kind in [:closed, :not_a_database],
      do: true

  def poisons_connection?(
        %__MODULE__{kind: :not_found, message: "Connection not found" <> _},
        _codes
      ),
      do: true

  def poisons_connection?(%__MODULE__{}, []), do: false

  def poisons_connection?(%__MODULE__{sqlite: %{code: code, extended_code: extended}}, codes) do
    code in codes or extended in codes
  end
end
