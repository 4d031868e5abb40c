import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.at_once import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('batch', '0001_initial'),
        ('infrastructure', '0001_initial'),
    ]

    operations = [
        CreateModels([
        migrations.CreateModel(
            name='JournalEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='journal_entries', to='batch.batch')),
                ('container', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='journal_entries', to='infrastructure.container')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='journal_entries', to=settings.AUTH_USER_MODEL)),
                ('entry_date', models.DateTimeField()),
                ('category', models.CharField(choices=[('observation', 'Observation'), ('issue', 'Issue'), ('action', 'Action'), ('diagnosis', 'Diagnosis'), ('treatment', 'Treatment'), ('vaccination', 'Vaccination'), ('sample', 'Sample')], max_length=20)),
                ('severity', models.CharField(blank=True, choices=[('low', 'Low'), ('medium', 'Medium'), ('high', 'High')], max_length=10, null=True)),
                ('description', models.TextField(blank=True, default='')),
                ('resolution_status', models.BooleanField(default=False)),
                ('resolution_notes', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'journal entries',
            },
        ),
        migrations.CreateModel(
            name='SampleType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('description', models.TextField(blank=True, default='')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='health_sampletype_name_key')],
            },
        ),
        migrations.CreateModel(
            name='HealthLabSample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch_container_assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lab_samples', to='batch.batchcontainerassignment')),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='recorded_lab_samples', to=settings.AUTH_USER_MODEL)),
                ('sample_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lab_samples', to='health.sampletype')),
                ('sample_date', models.DateField()),
                ('date_sent_to_lab', models.DateField(blank=True, null=True)),
                ('date_results_received', models.DateField(blank=True, null=True)),
                ('lab_reference_id', models.CharField(blank=True, max_length=100, null=True)),
                ('findings_summary', models.TextField(blank=True, null=True)),
                ('quantitative_results', models.JSONField(blank=True, null=True)),
                ('attachment', models.FileField(blank=True, null=True, upload_to='health_healthlabsample')),
                ('notes', models.TextField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='HealthParameter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('is_active', models.BooleanField(default=True)),
                ('description', models.TextField(blank=True, null=True)),
                ('max_score', models.IntegerField(default=3)),
                ('min_score', models.IntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='health_healthparameter_name_key')],
            },
        ),
        migrations.CreateModel(
            name='ParameterScoreDefinition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('parameter', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='score_definitions', to='health.healthparameter')),
                ('score_value', models.IntegerField()),
                ('label', models.CharField(max_length=50)),
                ('description', models.TextField(blank=True, default='')),
                ('display_order', models.IntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('parameter', 'score_value'), name='parameterscoredefinition_parameter_score_value_uniq')],
            },
        ),
        migrations.CreateModel(
            name='HealthSamplingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='health_sampling_events', to='batch.batchcontainerassignment')),
                ('sampled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='health_sampling_events_conducted', to=settings.AUTH_USER_MODEL)),
                ('sampling_date', models.DateField()),
                ('number_of_fish_sampled', models.PositiveIntegerField()),
                ('notes', models.TextField(blank=True, null=True)),
                ('avg_k_factor', models.DecimalField(blank=True, decimal_places=4, max_digits=10, null=True)),
                ('avg_length_cm', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('avg_weight_g', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('calculated_sample_size', models.PositiveIntegerField(blank=True, null=True)),
                ('max_length_cm', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('max_weight_g', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('min_length_cm', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('min_weight_g', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('std_dev_length_cm', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('std_dev_weight_g', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='IndividualFishObservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sampling_event', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='individual_fish_observations', to='health.healthsamplingevent')),
                ('fish_identifier', models.CharField(max_length=50)),
                ('length_cm', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('weight_g', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('sampling_event', 'fish_identifier'), name='individualfishobservation_sampling_event_fish_identifier_uniq')],
            },
        ),
        migrations.CreateModel(
            name='FishParameterScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('individual_fish_observation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parameter_scores', to='health.individualfishobservation')),
                ('parameter', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='fish_scores', to='health.healthparameter')),
                ('score', models.SmallIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('individual_fish_observation', 'parameter'), name='fishparameterscore_individual_fish_observation_parameter_uniq')],
            },
        ),
        migrations.CreateModel(
            name='VaccinationType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('manufacturer', models.CharField(blank=True, default='', max_length=100)),
                ('dosage', models.CharField(blank=True, default='', max_length=100)),
                ('description', models.TextField(blank=True, default='')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='health_vaccinationtype_name_key')],
            },
        ),
        migrations.CreateModel(
            name='Treatment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='treatments', to='batch.batch')),
                ('batch_assignment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='treatments', to='batch.batchcontainerassignment')),
                ('container', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='treatments', to='infrastructure.container')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='treatments', to=settings.AUTH_USER_MODEL)),
                ('vaccination_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='treatments', to='health.vaccinationtype')),
                ('sampling_event', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='linked_treatments', to='health.healthsamplingevent')),
                ('journal_entry', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='linked_treatments', to='health.journalentry')),
                ('treatment_date', models.DateTimeField()),
                ('treatment_type', models.CharField(choices=[('medication', 'Medication'), ('vaccination', 'Vaccination'), ('physical', 'Physical'), ('other', 'Other')], max_length=20)),
                ('description', models.TextField(blank=True, default='')),
                ('dosage', models.CharField(blank=True, default='', max_length=100)),
                ('duration_days', models.PositiveIntegerField(default=0)),
                ('withholding_period_days', models.PositiveIntegerField(default=0)),
                ('outcome', models.CharField(choices=[('pending', 'Pending'), ('successful', 'Successful'), ('partial', 'Partial'), ('unsuccessful', 'Unsuccessful')], default='pending', max_length=20)),
                ('includes_weighing', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='MortalityReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('description', models.TextField(blank=True, default='')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='health_mortalityreason_name_key')],
            },
        ),
        migrations.CreateModel(
            name='MortalityRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mortality_records', to='batch.batch')),
                ('container', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='mortality_records', to='infrastructure.container')),
                ('reason', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mortality_records', to='health.mortalityreason')),
                ('assignment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='mortality_records', to='batch.batchcontainerassignment')),
                ('event_date', models.DateTimeField()),
                ('count', models.PositiveIntegerField()),
                ('notes', models.TextField(blank=True, default='')),
            ],
        ),
        migrations.CreateModel(
            name='LiceType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('species', models.CharField(max_length=100)),
                ('gender', models.CharField(choices=[('male', 'Male'), ('female', 'Female'), ('unknown', 'Unknown')], default='unknown', max_length=20)),
                ('development_stage', models.CharField(max_length=50)),
                ('description', models.TextField(blank=True, default='')),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('species', 'gender', 'development_stage'), name='licetype_species_gender_development_stage_uniq')],
            },
        ),
        migrations.CreateModel(
            name='LiceCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lice_counts', to='batch.batch')),
                ('container', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='lice_counts', to='infrastructure.container')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lice_counts', to=settings.AUTH_USER_MODEL)),
                ('lice_type', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='lice_counts', to='health.licetype')),
                ('assignment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='lice_counts', to='batch.batchcontainerassignment')),
                ('count_date', models.DateTimeField()),
                ('adult_female_count', models.PositiveIntegerField(default=0)),
                ('adult_male_count', models.PositiveIntegerField(default=0)),
                ('juvenile_count', models.PositiveIntegerField(default=0)),
                ('fish_sampled', models.PositiveIntegerField()),
                ('notes', models.TextField(blank=True, default='')),
                ('confidence_level', models.DecimalField(blank=True, decimal_places=2, max_digits=3, null=True)),
                ('count_value', models.PositiveIntegerField(blank=True, null=True)),
                ('detection_method', models.CharField(blank=True, choices=[('automated', 'Automated'), ('manual', 'Manual'), ('visual', 'Visual'), ('camera', 'Camera')], max_length=50, null=True)),
            ],
        ),
        ]),
    ]
