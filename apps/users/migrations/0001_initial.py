import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('infrastructure', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='UserProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='profile', to=settings.AUTH_USER_MODEL)),
                ('profile_picture', models.FileField(blank=True, null=True, upload_to='users_userprofile')),
                ('job_title', models.CharField(blank=True, max_length=100, null=True)),
                ('department', models.CharField(blank=True, max_length=100, null=True)),
                ('language_preference', models.CharField(choices=[('en', 'English'), ('fo', 'Faroese'), ('da', 'Danish')], default='en', max_length=5)),
                ('date_format_preference', models.CharField(choices=[('DMY', 'Day, month, year'), ('MDY', 'Month, day, year'), ('YMD', 'Year, month, day')], default='DMY', max_length=10)),
                ('full_name', models.CharField(blank=True, default='', max_length=150)),
                ('geography', models.CharField(choices=[('FO', 'Faroe Islands'), ('SC', 'Scotland'), ('ALL', 'All')], default='ALL', max_length=3)),
                ('phone', models.CharField(blank=True, max_length=20, null=True)),
                ('role', models.CharField(choices=[('ADMIN', 'Administrator'), ('MGR', 'Manager'), ('OPR', 'Operator'), ('VET', 'Veterinarian'), ('QA', 'Quality assurance'), ('FIN', 'Finance'), ('VIEW', 'Viewer')], default='VIEW', max_length=5)),
                ('subsidiary', models.CharField(choices=[('BS', 'Broodstock'), ('FW', 'Freshwater'), ('FM', 'Farming'), ('LG', 'Logistics'), ('ALL', 'All')], default='ALL', max_length=3)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('allowed_areas', models.ManyToManyField(blank=True, related_name='+', to='infrastructure.area')),
                ('allowed_stations', models.ManyToManyField(blank=True, related_name='+', to='infrastructure.freshwaterstation')),
                ('allowed_containers', models.ManyToManyField(blank=True, related_name='+', to='infrastructure.container')),
            ],
        ),
    ]
