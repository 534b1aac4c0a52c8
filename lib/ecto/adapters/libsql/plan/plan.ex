defmodule Ecto.Adapters.LibSql.Plan do
  @moduledoc false
  # A generated statement until it runs: its parameters get their numbers, values are bound in the forms that the SQL
  # asks for, long lists travel as one JSON text, and the rows that come back are loaded where Ecto has no type to
  # load them by. Ecto keeps plans in its cache of queries.
  #
  # SQLite takes 32,766 parameters and parses thousands slowly. So a list of more than 500 members becomes one
  # parameter, which json_each reads, unless it has a member that JSON does not carry.

  alias Ecto.Adapters.LibSql.Plan.{LongList, Rows}
  alias Ecto.Adapters.LibSql.SQL.Parameter
  alias Ecto.Adapters.LibSql.SQL.Typing.{DateTime, Decimal, Uuid}
  alias Ecto.Adapters.LibSql.Types.Codec

  @max_parameters 32_766

  @enforce_keys [:sql, :count, :converted]
  defstruct [:sql, :count, :converted, :pieces, lists: [], rows: nil]

  @typedoc """
    * `sql` - the text, in which all of `lists` are JSON texts
    * `count` - how many of Ecto's parameters it takes
    * `converted` - the parameters behind those: values of Ecto's in another form
    * `lists` - the long lists, as `{index, length}`, and `pieces`, from which the text is written again where one of
      them cannot be a JSON text
    * `rows` - how the selected values are loaded, nil where Ecto does it
  """
  @type t :: %__MODULE__{
          sql: binary(),
          count: non_neg_integer(),
          converted: [converted()],
          pieces: [term()] | nil,
          lists: [LongList.place()],
          rows: Rows.t() | nil
        }

  @typep converted :: {non_neg_integer(), Parameter.form()} | {:uuids, LongList.place()}

  defimpl String.Chars do
    def to_string(%{sql: sql}), do: sql
  end

  # Ecto.Adapters.SQL.to_sql/3 gives it out; Repo.query/2 takes it.
  defimpl Inspect do
    import Inspect.Algebra

    def inspect(%{sql: sql}, opts),
      do: concat(["#Ecto.Adapters.LibSql.Plan<", to_doc(sql, opts), ">"])
  end

  @spec max_parameters() :: pos_integer()
  def max_parameters, do: @max_parameters

  ## Making plans

  @doc """
  The plan of a statement, or its text where nothing is to be done before it runs. `given` is the number of
  parameters that the text has already.
  """
  @spec new(Parameter.sql(), Rows.t() | nil, non_neg_integer()) :: t() | binary()
  def new(sql, rows \\ nil, given \\ 0) do
    pieces = flatten(sql, [])

    if rows == nil and Enum.all?(pieces, &plain?/1),
      do: pieces |> Enum.map(&number/1) |> IO.iodata_to_binary(),
      else: planned(pieces, rows, given)
  end

  @doc "The text of a statement for those who run it themselves, without any long list."
  @spec text(Parameter.sql()) :: binary()
  def text(sql), do: sql |> flatten([]) |> write([], 0) |> elem(0)

  # The pieces of iodata: texts, bytes and parameters.
  defp flatten([head | tail], rest), do: flatten(head, flatten(tail, rest))
  defp flatten([], rest), do: rest
  defp flatten(piece, rest), do: [piece | rest]

  defp plain?({:parameter, _ix, nil}), do: true
  defp plain?({:parameter, _ix, _form}), do: false
  defp plain?({:list, _ix, _length, _forms, _wrap}), do: false
  defp plain?(_text), do: true

  defp number({:parameter, ix, nil}), do: parameter(ix)
  defp number(text), do: text

  defp parameter(ix), do: [?? | Integer.to_string(ix + 1)]

  defp planned(pieces, rows, given) do
    lists = LongList.find(pieces)
    {sql, count, converted} = write(pieces, lists, given)
    pieces = if lists != [], do: pieces

    %__MODULE__{
      sql: sql,
      count: count,
      converted: converted,
      pieces: pieces,
      lists: lists,
      rows: rows
    }
  end

  @doc """
  The text that takes the parameters as they are, for those who call Ecto.Adapters.SQL.to_sql/3; the plan where no
  text does.
  """
  @spec unbound(t()) :: t() | binary()
  def unbound(%__MODULE__{pieces: pieces} = plan) do
    case write(pieces, [], 0) do
      {sql, count, []} when count <= @max_parameters -> sql
      _converted_or_too_many -> plan
    end
  end

  ## Writing the text

  # `lists` are those that become JSON texts. Converted parameters are numbered behind all others.
  defp write(pieces, lists, given) do
    count = Enum.reduce(pieces, given, &max(last(&1), &2))
    next = LongList.moved(count, lists)

    {written, {_next, numbers}} =
      Enum.map_reduce(pieces, {next, %{}}, &write_piece(&1, &2, lists))

    converted = numbers |> Enum.sort_by(&elem(&1, 1)) |> Enum.map(&elem(&1, 0))
    {IO.iodata_to_binary(written), count, converted}
  end

  # One beyond the last parameter of a piece.
  defp last({:parameter, ix, _form}), do: ix + 1
  defp last({:list, ix, length, _forms, _wrap}), do: ix + length
  defp last(_text), do: 0

  defp write_piece({:parameter, ix, nil}, state, lists),
    do: {ix |> LongList.moved(lists) |> parameter(), state}

  defp write_piece({:parameter, ix, form}, state, _lists), do: convert({ix, form}, state)

  defp write_piece({:list, ix, length, forms, wrap}, state, lists) do
    if {ix, length} in lists,
      do: write_json(ix, length, forms, wrap, state, lists),
      else: write_members(ix, length, forms, wrap, state, lists)
  end

  defp write_piece(text, state, _lists), do: {text, state}

  # `numbers` are those that converted parameters have.
  defp convert(converted, {next, numbers} = state) do
    case numbers do
      %{^converted => ix} -> {parameter(ix), state}
      _new -> {parameter(next), {next + 1, Map.put(numbers, converted, next)}}
    end
  end

  defp write_members(ix, length, [nil], nil, state, lists) do
    first = LongList.moved(ix, lists)
    {[?(, Enum.map_intersperse(first..(first + length - 1), ", ", &parameter/1), ?)], state}
  end

  defp write_members(ix, length, forms, wrap, state, lists) do
    members = for form <- forms, ix <- ix..(ix + length - 1), do: {:parameter, ix, form}
    {members, state} = Enum.map_reduce(members, state, &write_piece(&1, &2, lists))
    {[?(, Enum.map_intersperse(members, ", ", &Parameter.wrap(&1, wrap)), ?)], state}
  end

  # Members in another form are converted before they become JSON.
  defp write_json(ix, length, [form | others], wrap, state, lists) do
    {json, state} =
      if form == nil,
        do: {ix |> LongList.moved(lists) |> parameter(), state},
        else: convert({{ix, length}, form}, state)

    if others == [:uuid_bytes],
      do: write_uuids({ix, length}, json, state),
      else: {LongList.members(json, wrap), state}
  end

  defp write_uuids(place, json, state) do
    {bytes, state} = convert({:uuids, place}, state)
    {LongList.uuids(json, bytes), state}
  end

  ## Running

  @doc "The text to run, and its parameters."
  @spec bind(t() | iodata(), list()) :: {binary(), list()}
  def bind(%__MODULE__{lists: []} = plan, params), do: {plan.sql, bound(plan, [], params)}

  def bind(%__MODULE__{lists: lists} = plan, params) do
    case Enum.split_with(lists, &(LongList.refusal(&1, params) == nil)) do
      {_all, []} -> {plan.sql, bound(plan, lists, params)}
      {carried, refused} -> bind_without(plan, carried, hd(refused), params)
    end
  end

  def bind(sql, params), do: {IO.iodata_to_binary(sql), params}

  defp bind_without(%{pieces: pieces} = plan, carried, refused, params) do
    {sql, count, converted} = write(pieces, carried, 0)
    bound = bound(%{plan | count: count, converted: converted}, carried, params)
    if length(bound) > @max_parameters, do: LongList.cannot!(refused, params, @max_parameters)
    {sql, bound}
  end

  defp bound(%{converted: [], lists: []}, [], params), do: params

  defp bound(%{count: count, converted: converted}, lists, params) do
    values = if converted == [], do: nil, else: List.to_tuple(params)
    LongList.join(Enum.take(params, count), lists) ++ Enum.map(converted, &converted(&1, values))
  end

  defp converted({:uuids, place}, values),
    do: place |> members(values) |> LongList.uuid_bytes()

  defp converted({{_ix, _length} = place, form}, values),
    do: place |> members(values) |> Enum.map(&form(&1, form)) |> LongList.json()

  defp converted({ix, form}, values), do: values |> elem(ix) |> form(form)

  defp members({ix, length}, values), do: Enum.map(ix..(ix + length - 1), &elem(values, &1))

  defp form({:text, text}, form), do: form(text, form)
  defp form(value, {:date_time, form}), do: DateTime.parameter(value, form)
  defp form(value, :decimal), do: Decimal.parameter(value)
  defp form(value, :json_number) when is_float(value), do: Codec.json_number(value)
  defp form(value, :json_number), do: value
  defp form(value, :uuid_bytes), do: Uuid.parameter(value)
end
