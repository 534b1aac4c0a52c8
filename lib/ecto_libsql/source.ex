defmodule EctoLibSql.Source do
  @moduledoc false
  # Turns whatever names a connection into its state: a state itself, a %DBConnection{} inside
  # DBConnection.run/3 or a transaction, a pool (name or pid), or an Ecto repo. For pools and repos
  # the function runs on a connection that is checked out for as long as it runs.

  alias EctoLibSql.Callbacks.StateQuery
  alias EctoLibSql.{Error, Pool, Result, State}

  @type source :: EctoLibSql.conn()

  @doc "Calls `fun` with the state of `source`; an error if `source` names no connection."
  @spec with_state(source(), (State.t() -> result)) :: result | {:error, Exception.t()}
        when result: term()
  def with_state(%State{} = state, fun), do: fun.(state)
  def with_state(%{__struct__: DBConnection} = conn, fun), do: in_connection(conn, fun)

  def with_state(source, fun) when is_atom(source) and source not in [nil, true, false] do
    if repo?(source), do: in_repo(source, fun), else: in_pool(source, fun)
  end

  def with_state(source, fun) when is_pid(source), do: in_pool(source, fun)
  def with_state({:via, _, _} = source, fun), do: in_pool(source, fun)
  def with_state({:global, _} = source, fun), do: in_pool(source, fun)

  def with_state({name, node} = source, fun) when is_atom(name) and is_atom(node),
    do: in_pool(source, fun)

  def with_state(_source, _fun) do
    {:error,
     Error.new(
       :invalid_argument,
       "expected a connection: an %EctoLibSql.State{}, a %DBConnection{}, a pool or a repo"
     )}
  end

  @doc """
  As `with_state/2`, for calls that leave something open on the connection, such as a transaction: a pool
  is refused, because it would lend the connection to others with that open.
  """
  @spec with_own_state(source(), (State.t() -> result)) :: result | {:error, Exception.t()}
        when result: term()
  def with_own_state(%State{} = state, fun), do: fun.(state)
  def with_own_state(%{__struct__: DBConnection} = conn, fun), do: in_connection(conn, fun)

  def with_own_state(source, fun) do
    if repo?(source) and source.checked_out?() do
      in_repo(source, fun)
    else
      {:error,
       Error.new(
         :invalid_argument,
         "this call needs one connection: a state, the %DBConnection{} inside EctoLibSql.run/2, " <>
           "or a repo inside its checkout/2"
       )}
    end
  end

  @doc "Whether `source` is an Ecto repo. One that has been started is loaded, so that no code path is searched."
  @spec repo?(source()) :: boolean()
  def repo?(source), do: is_atom(source) and function_exported?(source, :__adapter__, 0)

  defp in_connection(conn, fun) do
    with {:ok, %Result{rows: [[state]]}} <- Pool.query(conn, StateQuery.query(), [], []),
         do: fun.(state)
  end

  defp in_pool(pool, fun) do
    if running?(pool),
      do: Pool.run(pool, &in_connection(&1, fun), []),
      else: {:error, Error.new(:invalid_argument, "no pool is running as #{inspect(pool)}")}
  end

  defp running?(pid) when is_pid(pid), do: node(pid) != node() or Process.alive?(pid)
  defp running?(name), do: GenServer.whereis(name) != nil

  defp in_repo(repo, fun) do
    repo.checkout(fn ->
      with {:ok, %{rows: [[state]]}} <- repo.query(StateQuery.query().statement, [], log: false),
           do: fun.(state)
    end)
  end
end
